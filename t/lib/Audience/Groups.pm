# Audience::Groups: CSV files of people who fall into known groups, the same
# whenever they are made.
#
#   my $people = Audience::Groups->new(seed => 7);
#   $people->csv(fans => 300, buyers => 200)      so many of each, mixed
#   $people->csv(noise => 500)                    who have no group
#   $people->file(fans => 300)                    the same as bytes
#   Audience::Groups->bare(20)                    so many with nothing but a name
#   $people->names('fans')                        all that were made so far
#
# A group is a likely value for each field; four in five have it, the others any
# value.  Phones and names are unique; names begin with the group's.

package Audience::Groups;

use strict;
use warnings;
use utf8;

our %values = (
    time  => [qw(Flamengo Palmeiras Corinthians Santos)],
    plano => [qw(Ouro Prata Bronze)],
    canal => [qw(app loja site telefone)],
    renda => [qw(A B C D)],
    pet   => [qw(gato cachorro nenhum)],
);

our %groups = (
    fans    => { time => 'Flamengo', plano => 'Ouro', canal => 'app',
                 renda => 'A', pet => 'gato' },
    buyers  => { time => 'Palmeiras', plano => 'Prata', canal => 'loja',
                 renda => 'B', pet => 'cachorro' },
    callers => { time => 'Santos', plano => 'Bronze', canal => 'telefone',
                 renda => 'D', pet => 'nenhum' },
    noise   => {},
);

my @fields = sort keys %values;


sub new
{
    my ($class, %opt) = @_;
    return bless { state => $opt{seed} || 1, people => 0,
                   phone => $opt{phone} || 0, names => {} }, $class;
}


# Numerical Recipes' generator: the same everywhere, as rand() need not be.
sub below
{
    my ($g, $n) = @_;
    $g->{state} = ($g->{state} * 1664525 + 1013904223) % 4294967296;
    return int($g->{state} / 65536) % $n;
}


sub csv
{
    my ($g, @of) = @_;
    my @rows;

    while (my ($group, $n) = splice @of, 0, 2) {
        push @rows, map { $g->person($group) } 1 .. $n;
    }

    for my $i (reverse 1 .. $#rows) {
        my $k = $g->below($i + 1);
        @rows[$i, $k] = @rows[$k, $i];
    }
    return join "\n", join(',', 'phoneNumber', 'name', @fields), @rows, '';
}


sub file
{
    my $text = csv(@_);
    utf8::encode($text);
    return $text;
}


sub bare
{
    my (undef, $n) = @_;
    return join '', "phoneNumber,name\n",
                    map { sprintf "119876543%02d,P%d\n", $_, $_ } 10 .. 9 + $n;
}


sub person
{
    my ($g, $group) = @_;
    my $likely = $groups{$group} || die "no group $group\n";
    my $name = "$group " . ++$g->{people};

    push @{ $g->{names}{$group} }, $name;

    return join ',', sprintf('119%08d', 70000000 + $g->{phone} + $g->{people}),
        $name, map {
            my $any = $values{$_}[ $g->below(scalar @{ $values{$_} }) ];
            $g->below(5) ? $likely->{$_} // $any : $any
        } @fields;
}


sub names { @{ $_[0]{names}{ $_[1] } || [] } }

1;
