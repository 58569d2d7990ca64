#!/usr/bin/perl
#
# bench/import.pl [ROWS [RUNS]]
#
# How long an upload of 50,000 rows (about 10 MB) takes from its last byte sent
# to `succeeded`, and to being counted by a query; the peak memory of nginx's
# worker and of audience-worker; the bytes on disk.  A fresh data folder for
# each run; the median of RUNS (3) is the figure, all are printed.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../t/lib";

use Audience::Test;
use Time::HiRes 'time';

my $rows = shift || 50_000;
my $runs = shift || 3;

my @words = map { my $s = ''; my $n = $_ * 7919;
                  while (length $s < 6) { $s .= chr(97 + $n % 26); $n = int($n / 5) + $_ }
                  ucfirst $s } 1 .. 400;


# The same bytes every time: rows of 21 columns, values as skewed as in life.
sub contacts
{
    my $state = 2026;
    my $random = sub {
        $state = ($state * 1103515245 + 12345) % 2147483648;
        return $state / 2147483648;
    };
    my $one_of = sub { $words[int($random->() ** 2 * $_[0])] };

    my @header = (qw(phoneNumber email city address taxDocument name Opt-in idade),
                  'última compra', 'ticket médio', map { "campo $_" } 1 .. 11);
    my @lines = join ',', @header;

    for my $i (1 .. $rows) {
        my ($first, $last) = ($one_of->(400), $one_of->(400));

        push @lines, join ',',
            sprintf('+55119%08d', $i), lc "$first.$last$i\@example.com",
            $one_of->(60), 'Rua ' . $one_of->(400) . ' ' . int(999 * $random->()),
            sprintf('%03d.%03d.%03d-00', $i / 1e6, $i / 1e3 % 1e3, $i % 1e3),
            "$first $last", 'sim', int(18 + 60 * $random->()),
            sprintf('%02d/%02d/2025', 1 + 28 * $random->(), 1 + 12 * $random->()),
            sprintf('"%d,%02d"', 900 * $random->(), 100 * $random->()),
            map { $random->() < .5 ? $one_of->(4 ** ($_ % 4 + 1)) . ' '
                  . $one_of->(9) : '' } 1 .. 11;
    }

    return join "\n", @lines, '';
}


sub peak_kib
{
    my ($pid) = @_;
    open my $file, '<', "/proc/$pid/status" or return 0;
    return (map { /^VmHWM:\s+(\d+)/ ? $1 : () } <$file>)[0] || 0;
}


# Bytes of files, and blocks taken on disk: RocksDB takes room for its log ahead.
sub disk_bytes
{
    my ($folder, $option) = @_;
    return (split ' ', qx{du -s $option --block-size=1 $folder})[0];
}


sub send_file
{
    my ($t, $bytes) = @_;

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


sub run_once
{
    my ($bytes) = @_;

    my $t = Audience::Test->start;
    my ($sent, $accepted, $id) = send_file($t, $bytes);

    my $import = $t->wait_import($id);
    my $succeeded = time;

    $t->wait_for('the rows in a query', sub { $t->count == $rows });

    my $visible = time;
    my %figure = (
        accepted => $accepted - $sent,
        succeeded => $succeeded - $sent,
        visible => $visible - $sent,
        'nginx worker' => peak_kib($t->nginx_workers) / 1024,
        'audience-worker' => peak_kib($t->pid('worker')) / 1024,
        'in files' => disk_bytes($t->root, '--apparent-size') / 1e6,
        'on disk' => disk_bytes($t->root, '') / 1e6,
    );

    die "import: $import->{state}\n" unless $import->{state} eq 'succeeded';
    $t->stop_worker;
    $t->stop_nginx;
    return \%figure;
}


sub median { (sort { $a <=> $b } @_)[@_ / 2] }


my $bytes = contacts();
printf "%d rows, %.1f MB, %d runs\n", $rows, length($bytes) / 1e6, $runs;

my @results = map { run_once($bytes) } 1 .. $runs;

for my $what (['accepted', 's'], ['succeeded', 's'], ['visible', 's'],
              ['nginx worker', 'MiB'], ['audience-worker', 'MiB'],
              ['in files', 'MB'], ['on disk', 'MB'])
{
    my ($name, $unit) = @$what;
    my @all = map { $_->{$name} } @results;

    printf "%-16s %8.3f %-4s  (%s)\n", $name, median(@all), $unit,
        join ', ', map { sprintf '%.3f', $_ } @all;
}
