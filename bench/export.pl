#!/usr/bin/perl
#
# bench/export.pl
#
#   1. about 200,000 members of an audience to a CSV file, from the call to
#      "done", against DuckDB's COPY TO of the same rows (both write 22 columns)
#   2. download of such a file through its signed link against the same file
#      from nginx's static module

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../t/lib", "$FindBin::Bin/lib";

use Audience::Bench;
use Audience::Peers;
use Audience::Test;
use File::Path ();
use Time::HiRes qw(time sleep);

my $base = size(1_050_000, 100_000);
my $filter = { field => 'idade', op => 'between', value => [30, 40] };
my $where = 'age BETWEEN 30 AND 40';
my $root = copy_of(loaded($base));
my $t = start();


sub start
{
    my %options = (BENCH_NGINX);

    $options{server} .= "
        location /bench/static/ { alias $root/exports/demo/; }
";

    return Audience::Test->start(root => $root, %options);
}


# --- 1 -----------------------------------------------------------------------

sub export_once
{
    my ($audience) = @_;

    my $start = time;
    my $r = $t->post("/v1/audiences/$audience/exports", {});
    die "export: $r->{status} $r->{text}\n" unless $r->{status} == 202;

    while (1) {
        my $export = $t->get("/v1/exports/$r->{json}{id}")->{json};

        return (time - $start, $export) if $export->{state} eq 'done';
        die "export: $export->{state}\n" if $export->{state} =~ /fail/;
        sleep 0.002;
    }
}


sub duck_exports
{
    my $file = folder() . '/export.duckdb';
    unlink $file, "$file.wal";

    my $duck = Audience::Peers::duckdb($file);
    my @files = map { contacts(50_000, $_ * 50_000) } 0 .. $base / 50_000 - 1;

    $duck->ask('CREATE TABLE contacts AS ' . read_csv(@files)
               . " WHERE opt_in = 'sim'");
    $duck->ask('CHECKPOINT');

    return [map { $duck->ask("COPY (SELECT *, $_ AS round FROM contacts WHERE "
                             . "$where) TO '" . folder() . "/duck.csv' (HEADER)"
                            )->{seconds} } 0 .. rounds()];
}


sub exports
{
    my $r = $t->post('/v1/audiences', { name => 'Bench', filter => $filter });
    my (@ours, $export);

    for (0 .. rounds()) {
        (my $seconds, $export) = export_once($r->{json}{id});
        push @ours, $seconds;
    }

    my $duck = duck_exports();

    shift @ours, shift @$duck;          # the first warms up
    table("$export->{rows} members to CSV, " . int($export->{bytes} / 1e6)
          . ' MB', 's', ['ours', \@ours],
          ['DuckDB COPY TO', $duck, median(@$duck) / median(@ours)]);
    return $export;
}


# --- 2 -----------------------------------------------------------------------

sub megabytes
{
    my ($path) = @_;

    my $text = wrk($t, $path, { seconds => size(3, 1), connections => 2,
                                output => 1 });
    my ($n, $unit) = $text =~ m{Transfer/sec:\s+([\d.]+)([KMG])B} or die $text;
    return $n * { K => 1 / 1024, M => 1, G => 1024 }->{$unit};
}


sub downloads
{
    my ($export) = @_;

    my ($link) = $export->{url} =~ m{(/e/[^/]+)$} or die $export->{url};
    my (@ours, @static, @ratio);

    for (1 .. rounds()) {
        push @ours, megabytes($link);
        push @static, megabytes("/bench/static/$export->{id}.csv");
        push @ratio, $ours[-1] / $static[-1];
    }

    table('Download of ' . int($export->{bytes} / 1e6) . ' MB', 'MiB/s',
          ['by signed link', \@ours, median(@ratio)],
          ['static file', \@static]);
}


my $export = exports();
downloads($export);

$t->stop_worker;
$t->stop_nginx;
File::Path::remove_tree($root);
