#!/usr/bin/perl
#
# bench/resolve.pl
#
# What it costs to find people while rows come in.  A fifth of the rows are the
# same people again: the same phone, tax document or e-mail, the rest new.
#
#   1. a million rows in 20 files, from the first byte of the first until queries
#      count the people, with the peak memory of the worker's own
#   2. 50,000 rows into that base, from the last byte sent, and into an empty one
#
# The peer is DuckDB in two threads: read_csv of the same files, values that
# several rows share as edges, and labels that spread along them until nothing
# changes, which is connected components.  It knows neither names nor limits, and
# here they change nothing: both sides count the same people, or this dies.  What
# it does not do: check and normalise (the files are clean), fold the rows of a
# person into one, index them, be durable after each file; it says which rows are
# one person.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../t/lib", "$FindBin::Bin/lib";

use Audience::Bench;
use Audience::Peers;
use Audience::Test;
use File::Path ();
use Time::HiRes qw(time sleep);

use constant { ROWS => 50_000, AGAIN => 20 };

my $files = size(20, 4);
my @paths = map { contacts(ROWS, $_ * ROWS, AGAIN) } 0 .. $files - 1;
my @more = map { contacts(ROWS, ($files + $_) * ROWS, AGAIN) } 0 .. rounds() - 1;


# --- ours --------------------------------------------------------------------

# Sends one file: when its last byte was sent, and the import's id.
sub send_file
{
    my ($t, $path) = @_;

    my $bytes = slurp($path);
    my $socket = $t->connect;

    print {$socket} "POST /v1/imports?filename=bench.csv HTTP/1.1\r\n",
        "Host: bench\r\nX-Tenant: demo\r\nX-User: demo\@example.com\r\n",
        "Content-Type: text/csv\r\nConnection: close\r\n",
        'Content-Length: ', length $bytes, "\r\n\r\n", $bytes;

    my $sent = time;
    my $r = Audience::Client::read_answer($socket, 60);

    die "upload: $r->{status} $r->{text}\n" unless $r->{status} == 202;
    return ($sent, $r->{json}{id});
}


# When queries count so many people.  Asks every 2 ms, and now and then whether
# the last import is over with another number.
sub visible
{
    my ($t, $people, $last) = @_;

    my $query = keep_alive($t, '/v1/query');
    my ($found, $over) = (0, 0);

    for (my $asked = 1; ; $asked++) {
        my ($status, $text) = $query->('{"limit": 0}');

        ($found) = $text =~ /"total": (\d+)/ if $status == 200;
        return time if $found == $people;
        die "$found people, but DuckDB has $people\n" if $over;
        sleep 0.002;

        if ($asked % 500 == 0) {
            my $import = $t->get("/v1/imports/$last")->{json};

            die "import: $import->{error}\n" if $import->{state} eq 'failed';
            if ($import->{state} eq 'succeeded') {
                $t->wait_visible;
                $over = 1;
            }
        }
    }
}


sub ours
{
    my ($people, $people_more, $people_first) = @_;
    my %figures;

    for (1 .. size(3, 1)) {
        my $t = Audience::Test->start;
        my $own = watch_memory($t->pid('worker'));
        my ($start, $last) = time;

        (undef, $last) = send_file($t, $_) for @paths;
        push @{ $figures{many} }, visible($t, $people, $last) - $start;
        wait_idle($t);
        push @{ $figures{own} }, $own->();

        if ($_ == 1) {
            for my $i (0 .. $#more) {
                my ($sent, $id) = send_file($t, $more[$i]);

                push @{ $figures{more} },
                    visible($t, $people_more->[$i], $id) - $sent;
                wait_idle($t);
            }
        }

        $t->stop_worker;
        $t->stop_nginx;
    }

    for (1 .. rounds()) {
        my $t = Audience::Test->start;
        my ($sent, $id) = send_file($t, $paths[0]);

        push @{ $figures{first} }, visible($t, $people_first, $id) - $sent;
        $t->stop_worker;
        $t->stop_nginx;
    }
    return \%figures;
}


# --- DuckDB --------------------------------------------------------------------

# How many people the rows of these files are, and the seconds of it.
sub duck
{
    my @files = @_;

    my $file = folder() . '/resolve.duckdb';
    unlink $file, "$file.wal";
    my $duck = Audience::Peers::duckdb($file);
    my ($people, $before) = (0, -1);

    my $seconds = timed(sub {
        $duck->ask($_) for
            'CREATE TABLE contacts AS SELECT row_number() OVER () AS id, * FROM ('
            . read_csv(@files) . ") WHERE opt_in = 'sim'",
            'CREATE TABLE edges AS ' . join(' UNION ALL ', map {
                "SELECT id AS a, first AS b FROM contacts JOIN (SELECT $_,
                 min(id) AS first FROM contacts WHERE $_ IS NOT NULL GROUP BY $_
                 HAVING count(*) > 1) USING ($_) WHERE id <> first"
            } qw(phone email tax_document)),
            'CREATE TABLE labels AS SELECT id, id AS label FROM contacts';

        for (;;) {
            my $sum = $duck->ask('SELECT sum(label)::VARCHAR FROM labels')
                      ->{rows}[0][0];

            last if $sum eq $before;
            $before = $sum;
            $duck->ask('CREATE OR REPLACE TABLE labels AS
                SELECT id, min(label) AS label FROM (
                    SELECT id, label FROM labels
                    UNION ALL SELECT a, label FROM edges JOIN labels ON id = b
                    UNION ALL SELECT b, label FROM edges JOIN labels ON id = a)
                GROUP BY id');
        }

        $people = $duck->ask('SELECT count(DISTINCT label) FROM labels')
                  ->{rows}[0][0];
        $duck->ask('CHECKPOINT');
    });

    unlink $file, "$file.wal";
    return ($people, $seconds);
}


sub main
{
    my ($people, @duck);

    for (1 .. size(3, 1)) {
        ($people, my $seconds) = duck(@paths);
        push @duck, $seconds;
    }

    my ($first, $duck_first) = duck($paths[0]);
    my @more_people = map { (duck(@paths, @more[0 .. $_]))[0] } 0 .. $#more;
    my $ours = ours($people, \@more_people, $first);

    printf "\n%d rows in %d files are %d people\n", $files * ROWS, $files, $people;
    table('Import with resolution', 's',
          ['ours, visible in queries', $ours->{many}],
          ['DuckDB, read_csv and labels', \@duck,
           median(@duck) / median(@{ $ours->{many} })]);
    table('Peak memory meanwhile', 'MiB',
          ['audience-worker, its own', $ours->{own}]);
    table(ROWS . ' rows', 's',
          ['into an empty base', $ours->{first}],
          ['into that base', $ours->{more},
           median(@{ $ours->{more} }) / median(@{ $ours->{first} })],
          ['DuckDB, the first alone', [$duck_first]]);
}


main();
