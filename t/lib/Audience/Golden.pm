# Audience::Golden: what an installation answers that a golden data folder is held
# against (t/golden.t), without what is new each time it is opened.
#
#   answers($t)     by name, plain data

package Audience::Golden;

use strict;
use warnings;
use Exporter 'import';

our @EXPORT = qw(answers settled);


# Until no job waits or runs, and queries see what they did.
sub settled
{
    my ($t) = @_;

    $t->wait_for('all jobs', sub {
        !grep { $_->{state} =~ /^(ready|scheduled|running)$/ }
            @{ $t->get('/v1/jobs?limit=1000')->{json}{items} };
    });
    $t->wait_visible;
}


sub only
{
    my ($of, @names) = @_;
    return { map { exists $of->{$_} ? ($_ => $of->{$_}) : () } @names };
}


sub items { @{ $_[0]->get($_[1])->{json}{items} } }


sub answers
{
    my ($t) = @_;
    my %answer;

    my $people = $t->query({ all => [] }, limit => 1000);

    $answer{people} = [sort { ($a->{phoneNumber} || '') cmp ($b->{phoneNumber} || '') }
                       map { my %f = %{ $_->{fields} }; delete @f{qw(created_at updated_at)};
                             \%f } @{ $people->{profiles} }];
    $answer{fields} = [sort { $a->{name} cmp $b->{name} }
                       map { only($_, qw(name type kind filled distinct multiple)) }
                       items($t, '/v1/fields')];
    $answer{imports} = [map { only($_, qw(id kind filename state columns rows
                                          created_at created_by)) }
                        items($t, '/v1/imports')];
    $answer{audiences} = [map { my $a = $t->get("/v1/audiences/$_->{id}")->{json};
                                delete @$a{qw(generation)}; $a }
                          items($t, '/v1/audiences')];
    $answer{rules} = [items($t, '/v1/resolution/rules')];
    $answer{audit} = [items($t, '/v1/audit')];
    $answer{users} = [items($t, '/v1/users')];

    # Links of exports expire with time.
    $answer{exports} = [map { only($_, qw(id audience rows bytes created_at)) }
                        map { items($t, "/v1/audiences/$_->{id}/exports") }
                        items($t, '/v1/audiences')];

    my ($ana) = items($t, '/v1/profiles?phone=11987654321');
    my $known = $t->get("/v1/profiles/$ana->{id}")->{json};
    $answer{known} = only($known, qw(id aliases counts joins));
    $answer{conversations} = [map { $t->get("/v1/conversations/$_->{id}")->{json} }
                              items($t, "/v1/conversations?profile=$ana->{id}")];

    return \%answer;
}

1;
