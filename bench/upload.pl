#!/usr/bin/perl
#
# bench/upload.pl: upload of 10 MB, in turn
#
#   until accepted, which is after it was checked row by row, digested and
#     synced, it and the job that imports it
#   nginx writing the same body to a file with client_body_in_file_only,
#     unchecked and not synced
#   the same, and then the file is synced by itself, which is the least that an
#     answer costs which survives a power cut
#
# Beside the time, the processor time of nginx's workers with their threads.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../t/lib", "$FindBin::Bin/lib";

use Audience::Bench;
use Audience::Test;
use File::Path ();
use IO::Handle;
use Time::HiRes qw(time);

my $root = folder("upload-$$");
mkdir "$root/bodies" or die "$root/bodies: $!";
chmod 0777, "$root/bodies";

my $t = start();
my $bytes = slurp(contacts(50_000));

my @ways = (
    ['until accepted', sub { accepted() }],
    ['client_body_in_file_only', sub { upload('/bench/body') }],
    ['… and synced', sub { synced() }],
);
my (%seconds, %cpu);


sub start
{
    my %options = (BENCH_NGINX);
    my $body = "client_max_body_size 12m;
                client_body_buffer_size 64k;
                client_body_temp_path $root/bodies;
                proxy_pass_request_body off;
                proxy_set_header Content-Length '';
                add_header X-File \$request_body_file;
                proxy_pass http://bench_return;";

    $options{server} .= "
        location = /bench/body { client_body_in_file_only clean; $body }
        location = /bench/kept { client_body_in_file_only on; $body }
";
    $options{http} .= " upstream bench_return { server unix:$root/return.sock; }
        server { listen unix:$root/return.sock; return 200; }";

    return Audience::Test->start(root => $root, %options);
}


sub upload
{
    my ($path) = @_;

    my $socket = $t->connect;

    print {$socket} "POST $path HTTP/1.1\r\nHost: bench\r\nX-Tenant: demo\r\n",
        "X-User: demo\@example.com\r\nContent-Type: text/csv\r\n",
        "Connection: close\r\nContent-Length: ", length $bytes, "\r\n\r\n",
        $bytes;

    my $r = Audience::Client::read_answer($socket, 60);

    die "$path: $r->{status} $r->{text}\n" unless $r->{status} =~ /^20/;
    return $r;
}


sub accepted
{
    my $r = upload('/v1/imports?filename=bench.csv');
    return sub { $t->wait_import($r->{json}{id}); wait_idle($t) };
}


sub synced
{
    my $path = upload('/bench/kept')->{headers}{'x-file'};

    open my $file, '+<', $path or die "$path: $!";
    $file->sync or die "$path: $!";
    return sub { unlink $path };
}


# Milliseconds of processor that nginx's workers and their threads have had.
sub cpu_ms
{
    my $sum = 0;

    for my $task (map { glob "/proc/$_/task/*/schedstat" } $t->nginx_workers) {
        $sum += (split ' ', slurp($task))[0] / 1e6;
    }
    return $sum;
}


for my $round (0 .. 4 * rounds()) {
    for my $way (@ways) {
        my ($name, $code) = @$way;
        my ($cpu, $start) = (cpu_ms(), time);
        my $after = $code->();
        my ($seconds, $used) = (time - $start, cpu_ms() - $cpu);

        $after->() if ref $after eq 'CODE';
        next unless $round;                     # the first warms up

        push @{ $seconds{$name} }, $seconds;
        push @{ $cpu{$name} }, $used;
    }
}

my ($ours, @peers) = map { $_->[0] } @ways;

sub ratio
{
    my ($peer) = @_;
    return median(map { $seconds{$peer}[$_] / $seconds{$ours}[$_] }
                  0 .. $#{ $seconds{$ours} });
}

table('Upload of 10 MB', 'ms; ratio: peer / ours',
      [$ours, [map { 1000 * $_ } @{ $seconds{$ours} }]],
      map { [$_, [map { 1000 * $_ } @{ $seconds{$_} }], ratio($_)] } @peers);
table('Processor time of nginx for it', 'ms',
      map { [$_, $cpu{$_}] } $ours, @peers);

$t->stop_worker;
$t->stop_nginx;
File::Path::remove_tree($root);
