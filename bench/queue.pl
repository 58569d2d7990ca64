#!/usr/bin/perl
#
# bench/queue.pl
#
# Durable small jobs a second with 32 clients, each of which puts a job, waits
# until it is done, and puts the next: put, take and acknowledgement are durable
# each.  Ours in the process of the driver (bench/queue.c), jobs of the loop and
# jobs in threads; Redis with appendfsync always over a unix socket, driven by
# the same program; and what groups of 32 records with one fdatasync each allow
# on this disk.  All on the file system of $BUILD.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../t/lib", "$FindBin::Bin/lib";

use Audience::Bench;
use Audience::Stack;
use File::Path ();
use POSIX ();
use Time::HiRes 'sleep';

use constant CLIENTS => 32;

my $seconds = size(2, 1);       # the disk may change from one to the next
my $repository = Audience::Stack::repository();
my $driver = folder() . '/queue';
my $place = folder("queue-$$.d");


sub compile
{
    my $build = Audience::Stack::build();

    system(qw(gcc -std=gnu11 -O2 -D_GNU_SOURCE -pthread),
           map({; "-I$repository/$_" } qw(common worker)), '-o', $driver,
           "$FindBin::Bin/queue.c", map({; "$build/lib$_.a" } qw(worker common)),
           map { "-l$_" } qw(jansson crypto utf8proc m uv rocksdb lz4 curl inih
                               idn2 phonenumber protobuf stdc++))
        == 0 or die "cannot compile queue.c\n";
}


sub start_redis
{
    my $pid = fork // die "fork: $!";

    if ($pid == 0) {
        open STDOUT, '>', "$place/redis.log";
        exec(qw(/usr/bin/setpriv --pdeathsig TERM redis-server --port 0
                --save), '', qw(--appendonly yes --appendfsync always
                --auto-aof-rewrite-percentage 0), '--dir', $place,
             '--unixsocket', "$place/redis.sock")
            or POSIX::_exit(127);
    }

    for (1 .. 250) {
        return $pid if -S "$place/redis.sock";
        sleep 0.02;
    }
    die slurp("$place/redis.log");
}


sub drive
{
    my ($mode, $where) = @_;

    File::Path::make_path($where) if $mode ne 'redis';
    chomp(my $rate = qx{'$driver' $mode '$where' $seconds @{[ CLIENTS ]}});
    die "$mode failed\n" if $?;
    File::Path::remove_tree($where) if $mode ne 'redis';
    return $rate;
}


compile();

my $redis = start_redis();
my %rate;

for (1 .. rounds()) {
    push @{ $rate{$_} }, drive($_, "$place/$_") for qw(threads disk ours);
    push @{ $rate{redis} }, drive('redis', "$place/redis.sock");
}

kill 'TERM', $redis;
waitpid $redis, 0;
File::Path::remove_tree($place);

my %ratio = map {
    my $peer = $_;
    ($_ => median(map { $rate{ours}[$_] / $rate{$peer}[$_] }
                  0 .. $#{ $rate{ours} }));
} qw(redis disk);

table('Durable small jobs, ' . CLIENTS . ' clients', 'jobs/s',
      ['ours, in the loop', $rate{ours}],
      ['ours, in two threads', $rate{threads}],
      ['Redis, appendfsync always', $rate{redis}, $ratio{redis}],
      ['group commit of the disk', $rate{disk}, $ratio{disk}]);
