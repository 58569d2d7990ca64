# Audience::Made: a base with audiences of both types, as the pages of audiences
# are told about in each language.
#
#   use Audience::Made 'made_audiences';
#
#   made_audiences($t, tenant => 'en');
#
# 460 people of two groups that stand out, with an age and a day each.  Two
# automatic audiences, and three that bia made: "Jovens de Ouro"; "Ágeis", which
# uses it; and "Todos", whose filter was another once.

package Audience::Made;

use strict;
use warnings;
use utf8;
use Exporter 'import';

use Audience::Groups;
use JSON::PP ();

our @EXPORT_OK = qw(made_audiences import_people create_audience);

my $young = { field => 'idade', op => 'less_than', value => 30 };


sub made_audiences
{
    my ($t, %who) = @_;

    %who = (user => 'bia@example.com', %who);
    import_people($t, %who);
    segment($t, %who);

    my $first = create_audience($t, 'Jovens de Ouro', { all => [ $young,
        { field => 'plano', op => 'in', value => [ 'Ouro', 'Prata' ] },
        { not => { any => [
            { field => 'pet', op => 'equals', value => 'gato' },
            { field => 'cadastro', op => 'between',
              value => [ '2026-02-01', '2026-03-31' ] } ] } } ] }, %who);

    create_audience($t, 'Ágeis', { all => [ { audience => $first->{id} },
        { field => 'canal', op => 'exists' } ] }, %who);

    my $all = create_audience($t, 'Todos', $young, %who);

    $t->patch("/v1/audiences/$all->{id}", { filter => { all => [] } }, %who);
}


# Fiftieths of the base by age.
sub import_people
{
    my ($t, %who) = @_;
    my $file = Audience::Groups->new(seed => 5)->csv(fans => 300, buyers => 160);
    my ($head, @rows) = split /\n/, $file;
    my $n = 0;

    $file = join "\n", "$head,idade,cadastro",
            map({ sprintf '%s,%d,2026-%02d-10', $_, 18 + $n % 50,
                  1 + $n++ % 12 } @rows), '';
    utf8::encode($file);
    $t->import_file('crm.csv', $file, %who);
}


sub segment
{
    my ($t, %who) = @_;
    my $r = $t->post('/v1/segmentations',
                     { suggest_copies => JSON::PP::true }, %who);

    $t->wait_job($r->{json}{job}, %who);
    $t->wait_visible(%who);
}


sub create_audience
{
    my ($t, $name, $filter, %who) = @_;
    my $r = $t->post('/v1/audiences', { name => $name, filter => $filter }, %who);

    die $r->{text} if $r->{status} != 201;
    return $r->{json};
}

1;
