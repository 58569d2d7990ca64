#!/usr/bin/perl
#
# bench/import.pl
#
# From the last byte of an upload sent until its rows are counted by queries,
# which is after they are durable:
#
#   1. 50,000 rows (10.4 MB) into an empty base
#   2. the same into a base of a million
#   3. a million rows in 20 files, from the first byte of the first, with the
#      peak memory of the worker
#
# Peers: PostgreSQL's COPY of the same file into a bare table of text columns
# and into one with 22 indexes; DuckDB's read_csv into a typed table, with a
# checkpoint; SQLite's .import.  Their times are of the load alone, in their
# own process; ours begin behind the upload, which 1. shows too.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../t/lib", "$FindBin::Bin/lib";

use Audience::Bench;
use Audience::Peers;
use Audience::Test;
use File::Path ();
use Time::HiRes qw(time sleep);

use constant ROWS => 50_000;

my $base = size(1_050_000, 100_000);
my $files = size(20, 4);


# --- ours --------------------------------------------------------------------

# Sends one file: when its last byte was sent, when it was accepted, its id.
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
    return ($sent, time, $r->{json}{id});
}


# When queries count so many profiles.  Asks every 2 ms.
sub visible
{
    my ($t, $total) = @_;

    my $query = keep_alive($t, '/v1/query');

    while (1) {
        my ($status, $text) = $query->('{"limit": 0}');

        return time if $status == 200 && $text =~ /"total": $total\b/;
        sleep 0.002;
    }
}


# Contacts of a file who have opted in: those who become profiles.
sub opted_in
{
    my ($path) = @_;
    my $n = () = slurp($path) =~ /^(?:[^;\n]*;){6}sim;/mg;
    return $n;
}


sub into_base
{
    my ($t, $total, $first, $figures) = @_;

    my $path = contacts(ROWS, $first);
    my $expected = $total + opted_in($path);
    my ($sent, $accepted) = send_file($t, $path);

    push @{ $figures->{visible} }, visible($t, $expected) - $sent;
    push @{ $figures->{accepted} }, $accepted - $sent;
    return $expected;
}


sub ours_into_empty
{
    my %figures;

    for (1 .. rounds()) {
        my $t = Audience::Test->start;

        into_base($t, 0, 0, \%figures);
        push @{ $figures{worker} }, peak_mib($t->pid('worker'));
        push @{ $figures{nginx} }, peak_mib($t->nginx_workers);
        $t->stop_worker;
        $t->stop_nginx;
    }
    return \%figures;
}


sub ours_into_million
{
    my %figures;
    my $root = copy_of(loaded($base));
    my $t = Audience::Test->start(root => $root);
    my $total = $t->count;

    for my $round (1 .. rounds()) {
        $total = into_base($t, $total, $base + ROWS * $round, \%figures);
        wait_idle($t);
    }

    $t->stop_worker;
    $t->stop_nginx;
    File::Path::remove_tree($root);
    return \%figures;
}


sub ours_many
{
    my %figures;
    my @paths = map { contacts(ROWS, $_ * ROWS) } 0 .. $files - 1;
    my $total = 0;
    $total += opted_in($_) for @paths;

    for (1 .. size(3, 1)) {
        my $t = Audience::Test->start;
        my $own = watch_memory($t->pid('worker'));
        my $start = time;

        send_file($t, $_) for @paths;
        push @{ $figures{visible} }, visible($t, $total) - $start;
        wait_idle($t);
        push @{ $figures{own} }, $own->();
        push @{ $figures{worker} }, peak_mib($t->pid('worker'));
        $t->stop_worker;
        $t->stop_nginx;
    }
    return \%figures;
}


# --- peers -------------------------------------------------------------------

my $texts = join ', ', map { "$_ text" } @COLUMNS;


sub pg_make
{
    my ($pg, $table, $indexes) = @_;

    $pg->psql("DROP TABLE IF EXISTS $table",
              "CREATE TABLE $table (" . ($table eq 'bare' ? '' : 'id bigserial, ')
              . "$texts)",
              $indexes ? ("ALTER TABLE $table ADD PRIMARY KEY (id)",
                          map { "CREATE INDEX ON $table ($_)" } @COLUMNS) : ());
}


sub pg_copy
{
    my ($pg, $table, $path) = @_;

    my ($seconds) = $pg->psql("\\copy $table (" . join(', ', @COLUMNS)
        . ") FROM '$path' CSV HEADER DELIMITER ';'");
    return $seconds->[0];
}


# One file after another into the same table, which was empty or not.
sub pg_times
{
    my ($pg, $table, $first) = @_;

    return [map { pg_copy($pg, $table, contacts(ROWS, $first + ROWS * $_)) }
            1 .. rounds()];
}


sub duck_times
{
    my ($first, @before) = @_;

    my $file = folder() . '/import.duckdb';
    unlink $file, "$file.wal";

    my $duck = Audience::Peers::duckdb($file);
    my $sql = read_csv(contacts(ROWS, 0));

    $duck->ask("CREATE TABLE contacts AS $sql LIMIT 0");
    $duck->ask('INSERT INTO contacts ' . read_csv(@before)) if @before;
    $duck->ask('CHECKPOINT');

    return [map {
        $sql = read_csv(contacts(ROWS, $first + ROWS * $_));
        timed(sub { $duck->ask("INSERT INTO contacts $sql");
                    $duck->ask('CHECKPOINT') });
    } 1 .. rounds()];
}


sub sqlite_times
{
    my ($first, @before) = @_;

    my $file = folder() . '/import.sqlite';
    unlink $file;

    Audience::Peers::sqlite($file, 'PRAGMA journal_mode = WAL',
        "CREATE TABLE contacts ($texts)", '.mode csv', '.separator ;',
        map { ".import --skip 1 '$_' contacts" } @before);

    my @times = map {
        my $path = contacts(ROWS, $first + ROWS * $_);
        timed(sub {
            Audience::Peers::sqlite($file, 'PRAGMA synchronous = FULL',
                '.mode csv', '.separator ;',
                ".import --skip 1 '$path' contacts");
        });
    } 1 .. rounds();
    unlink $file, "$file-wal", "$file-shm";
    return \@times;
}


sub duck_many
{
    my @paths = map { contacts(ROWS, $_ * ROWS) } 0 .. $files - 1;

    return [map {
        my $file = folder() . '/import.duckdb';
        unlink $file, "$file.wal";
        my $duck = Audience::Peers::duckdb($file);

        timed(sub { $duck->ask('CREATE TABLE contacts AS ' . read_csv(@paths));
                    $duck->ask('CHECKPOINT') });
    } 1 .. size(3, 1)];
}


# --- tables ------------------------------------------------------------------

# Each peer with the ratio of its median to ours: above 1 we are faster.
sub against
{
    my ($ours, @peers) = @_;
    return map { [@$_, median(@{ $_->[1] }) / median(@$ours)] } @peers;
}


sub print_50k
{
    my ($title, $ours, @peers) = @_;

    table($title, 's', ['ours, visible in queries', $ours->{visible}],
          ['  of it until accepted', $ours->{accepted}],
          against($ours->{visible}, @peers));
}


sub main
{
    my $empty = ours_into_empty();
    my $pg = Audience::Peers::postgres(folder('pg'));

    pg_make($pg, 'bare');
    pg_make($pg, 'indexed', 1);
    print_50k(ROWS . ' rows into an empty base', $empty,
              ['PostgreSQL, bare', pg_times($pg, 'bare', 0)],
              ['PostgreSQL, 22 indexes', pg_times($pg, 'indexed', 0)],
              ['DuckDB', duck_times(0)], ['SQLite', sqlite_times(0)]);
    table('Peak memory meanwhile', 'MiB', ['audience-worker', $empty->{worker}],
          ['nginx worker', $empty->{nginx}]);

    my $million = ours_into_million();
    my @before = map { contacts(ROWS, $_ * ROWS) } 0 .. $base / ROWS - 1;

    pg_make($pg, 'bare');
    pg_make($pg, 'indexed');
    for my $path (@before) { pg_copy($pg, $_, $path) for qw(bare indexed) }
    $pg->psql('ALTER TABLE indexed ADD PRIMARY KEY (id)',
              map({; "CREATE INDEX ON indexed ($_)" } @COLUMNS), 'CHECKPOINT');
    print_50k(ROWS . " rows into a base of $base", $million,
              ['ours, into an empty base', $empty->{visible}],
              ['PostgreSQL, bare', pg_times($pg, 'bare', $base)],
              ['PostgreSQL, 22 indexes', pg_times($pg, 'indexed', $base)],
              ['DuckDB', duck_times($base, @before)],
              ['SQLite', sqlite_times($base, @before)]);
    $pg->psql('DROP TABLE bare', 'DROP TABLE indexed');

    my $many = ours_many();

    table($files * ROWS . " rows in $files files", 's',
          ['ours, visible in queries', $many->{visible}],
          against($many->{visible}, ['DuckDB, read_csv, checkpoint', duck_many()]));
    table('Peak memory meanwhile', 'MiB',
          ['audience-worker, its own', $many->{own}],
          ['with pages of mapped files', $many->{worker}]);
}


main();
