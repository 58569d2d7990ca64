# Audience::Lists: a tenant with many audiences and a field with many values, for
# bench/lists.pl and bench/pages.pl.  It is made once, through the API, and kept
# in $BUILD/bench.

package Audience::Lists;

use strict;
use warnings;
use Exporter 'import';

use Audience::Bench;
use Audience::Test ();
use File::Path ();
use JSON::PP ();
use Time::HiRes 'time';

our @EXPORT = qw(lists_base AUDIENCES PEOPLE VALUES);

use constant AUDIENCES => size(100_000, 10_000);
use constant PEOPLE    => size(200_000, 50_000);
use constant VALUES    => size(50_000, 12_500);
use constant FILE_ROWS => 50_000;

my $json = JSON::PP->new->utf8->canonical;
my @cities = ('São Paulo', 'Rio de Janeiro', 'Salvador', 'Curitiba', 'Recife',
              'Belém', 'Manaus', 'Goiânia');
my @plans = ('Ouro', 'Prata', 'Bronze', 'Básico');


# The folder, and in rounds of a tenth of the audiences the milliseconds that
# making one took, where it was made just now.
sub lists_base
{
    my $root = folder() . '/lists-' . AUDIENCES;

    return ($root, []) if -e "$root/LOADED";

    File::Path::remove_tree($root);
    note('making ' . AUDIENCES . ' audiences of ' . PEOPLE . ' people, once');

    my $t = Audience::Test->start(root => $root);
    my @took;

    for (my $first = 0; $first < PEOPLE; $first += FILE_ROWS) {
        $t->import_file('crm.csv', people($first, FILE_ROWS));
    }
    wait_idle($t);

    my $post = keep_alive($t, '/v1/audiences');

    for my $tenth (0 .. 9) {
        my $n = AUDIENCES / 10;

        push @took, 1000 / $n * timed(sub {
            for my $i ($tenth * $n .. ($tenth + 1) * $n - 1) {
                my ($status, $text) = $post->($json->encode(audience($i)));

                die "$text\n" if $status != 201;
            }
        });
        note(sprintf '%d made, %.2f ms each', ($tenth + 1) * $n, $took[-1]);
    }

    $t->stop_worker;
    $t->stop_nginx;
    open my $file, '>', "$root/LOADED" or die "$root: $!";
    close $file;

    return ($root, \@took);
}


sub people
{
    my ($first, $n, $values) = (@_, VALUES);

    use integer;
    return join '', "phoneNumber,name,codigo,cidade,plano,pontos\n", map {
        sprintf "+55119%08d,Pessoa %d,C%05d,%s,%s,%d\n", $_, $_,
                $_ % $values, $cities[$_ * 7 / 3 % @cities],
                $plans[$_ / 5 % @plans], $_ * 7919 % 10_000
    } $first .. $first + $n - 1;
}


# Small ones, large ones, of one condition or some; each hundredth contains
# nothing but those of its plan.
sub audience
{
    my ($i) = @_;

    my @conditions = (
        { field => 'pontos', op => 'less_than', value => 10 + $i * 37 % 9990 },
        { field => 'cidade', op => 'equals', value => $cities[$i % @cities] },
        { field => 'plano', op => 'equals', value => $plans[$i / 8 % @plans] },
        { field => 'codigo', op => 'starts_with',
          value => sprintf('C%03d', $i % 500) },
    );

    return {
        name => sprintf('Campanha %06d %s', $i * 7919 % 1_000_000,
                        $plans[$i % @plans]),
        description => "Loja $i",
        filter => { all => [ @conditions[$i % 4, $i % 3 ? () : ($i + 1) % 4] ] },
    };
}

1;
