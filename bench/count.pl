#!/usr/bin/perl
#
# bench/count.pl [ROWS]
#
# The exact count of a filter over a million profiles, for 14 filters over
# every operator:
#
#   1. through HTTP, by wrk with 2 threads and 32 connections on the same two
#      cores, against the same POST to a `return 200` of the same nginx
#   2. in turn over the mix, against DuckDB (in its process, two clients),
#      PostgreSQL with an index on every column that a filter names (two
#      clients), and SQLite with the same indexes (one)
#
# The ratio is taken within each round; its median is the figure.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../t/lib", "$FindBin::Bin/lib";

use Audience::Bench;
use Audience::Filters;
use Audience::Peers;
use Audience::Test;
use JSON::PP ();
use POSIX ();

my $rows = shift || size(1_050_000, 100_000);
my $seconds = size(2, 1);
my $json = JSON::PP->new->utf8->canonical;
my @filters = filters();
my @bodies = map { $json->encode({ filter => $_->{filter}, limit => 0 }) }
             @filters;
my $root = loaded($rows);

my $t = Audience::Test->start(root => $root, worker => 0, BENCH_NGINX);
my $load = { seconds => $seconds };
my %cpu;        # nginx's processor time a request, in microseconds


# One round: requests a second, and nginx's processor time for one.
sub ask
{
    my ($name, $path, @lines) = @_;

    my $before = nginx_cpu($t);
    my $text = wrk($t, $path, { %$load, output => 1 }, @lines);
    my ($n) = $text =~ /(\d+) requests in/;

    push @{ $cpu{$name} }, 1e6 * (nginx_cpu($t) - $before) / $n;
    return $text =~ m{Requests/sec:\s+([\d.]+)} ? $1 : die $text;
}


sub rates
{
    my ($name, @lines) = @_;
    my (@ours, @nginx, @ratio);

    for (1 .. rounds()) {
        push @ours, ask($name, '/v1/query', @lines);
        push @nginx, ask('return 200', '/bench/return', @lines);
        push @ratio, $ours[-1] / $nginx[-1];
    }
    return ([$name, \@ours, median(@ratio)], ['  return 200', \@nginx]);
}


sub http
{
    my @rows;

    for my $i (0 .. $#filters) {
        push @rows, (rates($filters[$i]{name}, $bodies[$i]))[0];
    }

    my $log = 0;
    $log += log($_->[2]) / @rows for @rows;

    my @easy = @bodies[grep { $filters[$_]{easy} } 0 .. $#filters];

    push @rows, rates('equality, range, AND, OR', @easy),
                rates('all 14 in turn', @bodies);
    table('Counts through HTTP, ' . $t->count . ' profiles, against return 200',
          'requests/s', @rows);
    printf "geometric mean of the 14 ratios: %s\n", figure(exp $log);
    table('Processor time of nginx, one request', 'microseconds',
          map { [$_, $cpu{$_}, median(@{ $cpu{$_} })
                               / median(@{ $cpu{'return 200'} })] }
          (map { $_->{name} } @filters), 'equality, range, AND, OR',
          'all 14 in turn', 'return 200');
    return $rows[-2][1];
}


# --- peers -------------------------------------------------------------------

my @indexed = qw(city age plan team ticket origin status tag note email address
                 name birth last_purchase channel points);
my @sql = map { "SELECT count(*) FROM contacts WHERE $_->{sql}" } @filters;


# Every peer starts from the table that DuckDB read out of the files.
sub duck_table
{
    my @files = map { contacts(50_000, $_ * 50_000) } 0 .. $rows / 50_000 - 1;
    my $file = folder() . "/contacts-$rows.duckdb";

    unlink $file, "$file.wal";
    my $duck = Audience::Peers::duckdb($file);

    $duck->ask('CREATE TABLE contacts AS ' . read_csv(@files)
               . " WHERE opt_in = 'sim'");
    $duck->ask('CHECKPOINT');
    $duck->ask("COPY contacts TO '" . folder() . "/contacts.csv' (HEADER)");
    return $duck;
}


sub columns_typed
{
    my %type = (age => 'integer', ticket => 'numeric(9,2)', points => 'integer',
                birth => 'date', last_purchase => 'date');
    return join ', ', map { "$_ " . ($type{$_} || 'text') } @COLUMNS;
}


sub check
{
    my ($peer, @counts) = @_;

    for my $i (0 .. $#filters) {
        my $ours = $t->count($filters[$i]{filter});

        die "$filters[$i]{name}: $ours, but $counts[$i] by $peer\n"
            if $ours != $counts[$i];
    }
}


sub numbers { map { /^\d+$/ ? $_ : () } @_ }


sub against_duckdb
{
    my ($ours) = @_;

    my $duck = duck_table();
    my (@rate, @each);

    check('DuckDB', map { $duck->ask($_)->{rows}[0][0] } @sql);

    for (1 .. rounds()) {
        my $done = $duck->ask({ rate => \@sql, clients => 2,
                                seconds => 2 * $seconds });
        push @rate, $done->{done} / $done->{seconds};
    }
    return ['DuckDB, two clients', \@rate, median(@$ours) / median(@rate)];
}


sub against_postgres
{
    my ($ours) = @_;

    my $pg = Audience::Peers::postgres(folder('pg'));
    my $csv = folder() . '/contacts.csv';

    $pg->psql('DROP TABLE IF EXISTS contacts',
              'CREATE TABLE contacts (' . columns_typed() . ')',
              "\\copy contacts FROM '$csv' CSV HEADER",
              map({; "CREATE INDEX ON contacts ($_)" } @indexed),
              'VACUUM ANALYZE contacts');
    check('PostgreSQL', numbers(@{ ($pg->psql(@sql))[1] }));

    my @rate;
    for (1 .. rounds()) {
        my $taken = timed(sub { both(sub { $pg->psql(@sql) }) });
        push @rate, 2 * @sql / $taken;
    }
    return ['PostgreSQL, two clients', \@rate, median(@$ours) / median(@rate)];
}


sub both
{
    my ($code) = @_;

    my $pid = fork // die "fork: $!";
    $code->();
    $pid == 0 ? POSIX::_exit(0) : waitpid $pid, 0;
}


sub against_sqlite
{
    my ($ours) = @_;

    my $file = folder() . '/contacts.sqlite';
    my $csv = folder() . '/contacts.csv';

    unlink $file;
    Audience::Peers::sqlite($file, 'CREATE TABLE contacts ('
        . columns_typed() . ')', '.mode csv',
        ".import --skip 1 '$csv' contacts",
        map({; "UPDATE contacts SET $_ = NULL WHERE $_ = ''" } @indexed),
        map({; "CREATE INDEX by_$_ ON contacts ($_)" } @indexed), 'ANALYZE');

    my (@rate, $lines);
    for (1 .. rounds()) {
        (my $seconds, $lines) = Audience::Peers::sqlite($file,
                                                        @sql);
        my $sum = 0;
        $sum += $_ for @$seconds;
        push @rate, @sql / $sum;
    }
    check('SQLite', numbers(@$lines));
    unlink $file;
    return ['SQLite, one client', \@rate, median(@$ours) / median(@rate)];
}


my $ours = http();

table('The same counts in turn, by peers', 'counts/s',
      ['through HTTP', $ours], against_duckdb($ours),
      against_postgres($ours), against_sqlite($ours));
