# Audience::People: a tenant's people, told by the rows that are behind them.
#
#   use Audience::People ();            # `import` is one of its calls
#   my $p = Audience::People->new($t, 'demo');      # $t: an Audience::Test
#   my $import = $p->import({ phone => 1, cpf => '…', name => 'Ana' }, …);
#   $p->people                                      # '1+3 2'
#   my %ids = $p->ids;                              # ('1+3' => 'prf_…', …)
#
# Every row has a column of its own, "row N", so that the fields of a profile
# tell its rows.  Rows are numbered on, or by mark => N; one that is gone => 1
# leaves its column and its line is not there.
#
#   csv(@rows)            the bytes of such a file
#   fields                { 'row 1+row 3' => { name => 'Ana', … }, … }, without
#                         imports and times
#   random_row(mark)      one of a small world, in which rows share values and
#                         guards refuse; random_given(n) the nth given name

package Audience::People;

use strict;
use warnings;
use utf8;

our $ana = '529.982.247-25';
our $bia = '111.444.777-35';


sub new
{
    my ($class, $t, $tenant) = @_;
    return bless { t => $t, tenant => $tenant, rows => 0 }, $class;
}


sub csv
{
    my ($p, @rows) = @_;

    my @marks = map { $_->{mark} // ++$p->{rows} } @rows;
    my $text = join(',', qw(phoneNumber email taxDocument name city nota),
                    map { "row $_" } @marks) . "\n";

    for my $i (0 .. $#rows) {
        my $row = $rows[$i];

        next if $row->{gone};
        $text .= join(',',
            $row->{phone} ? sprintf('119876543%02d', $row->{phone}) : '',
            $row->{email} ? "$row->{email}\@example.com" : '',
            $row->{cpf} // '', $row->{name} // '', $row->{city} // '',
            $row->{nota} // '',
            map { $_ == $i ? 'here' : '' } 0 .. $#rows) . "\n";
    }

    utf8::encode($text);
    return $text;
}


sub import
{
    my ($p, @rows) = @_;

    my $import = $p->{t}->import_file('crm.csv', $p->csv(@rows),
                                      tenant => $p->{tenant});

    die "$p->{tenant}: $import->{state}\n"
        unless $import->{state} eq 'succeeded';
    return $import;
}


sub ids
{
    my ($p) = @_;
    return map { (join('+', rows_of($_->{fields})) => $_->{id}) } $p->profiles;
}


sub people
{
    my ($p) = @_;
    my %ids = $p->ids;
    return join ' ', sort keys %ids;
}


sub fields
{
    my ($p) = @_;

    return { map {
        my %fields = %{ $_->{fields} };

        delete @fields{qw(created_at updated_at sources)};
        (join('+', sort grep { /^row / } keys %fields) => \%fields)
    } $p->profiles };
}


sub profiles
{
    my ($p) = @_;
    return @{ $p->{t}->query(undef, tenant => $p->{tenant}, limit => 1000)
                ->{profiles} };
}


sub rows_of
{
    my ($fields) = @_;
    return sort { $a <=> $b } map { /^row (\d+)$/ ? $1 : () } keys %$fields;
}


sub random_row
{
    my ($mark) = @_;
    my @names = ('Ana Silva', 'Ana M. Silva', 'Silva, Ana', 'Bia Souza',
                 'João Lima', 'João Lima Filho', 'Caio', '', '');
    my @cpfs = ($ana, $bia, '11.222.333/0001-81', ('') x 8);

    return { mark => $mark,
             phone => int(rand 3) ? 1 + int rand 50 : '',
             email => int(rand 3) ? 'p' . int rand 40 : '',
             cpf => $cpfs[rand @cpfs],
             name => $names[rand @names] =~ s/(.*,.*)/"$1"/r };
}


sub random_given
{
    my ($n) = @_;
    return join '', map { ('Ba', 'Ce', 'Di', 'Fo', 'Gu', 'La', 'Me', 'Ni', 'Po',
                           'Ru')[$_] } split //, sprintf '%05d', $n;
}

1;
