# The disk gives an error when the store's log is written or synced: the worker
# ends with one line that says so, and tells nobody that it kept anything.  nginx
# goes on; started again, all that was acknowledged is there.
#
# libfiu makes the system calls fail, from the moment at which it is told to.

use lib 't/lib';
use Audience::Crash;
use Audience::Test;

my $t = Audience::Test->start(worker => 0);
my $fifo = "$t->{dir}/fiu";
my @kept;

my %faults = (
    'syncing the log' => 'enable name=posix/io/sync/fdatasync,failinfo=5',
    'writing the log' => 'enable_stack_by_name name=posix/io/rw/write,'
                         . 'failinfo=5,func_name=rocksdb_write',
);

# AddressSanitizer has to be there before all else.
my @under = ('fiu-run', '-x', '-f', $fifo);
push @under, 'sh', '-c', 'LD_PRELOAD="$(gcc -print-file-name=libasan.so) $LD_PRELOAD" '
                         . 'exec "$@"', 'sh' if $t->sanitize;

$t->expect_worker(qr/"the store failed, ending"/);


sub break_call
{
    my ($command) = @_;

    system('fiu-ctrl', '-f', $fifo, '-c', $command, $t->pid('worker')) == 0
        or die "fiu-ctrl failed\n";
}


sub create
{
    my ($name) = @_;
    return $t->post('/v1/audiences', { name => $name,
                                       filter => { all => [] } });
}


sub is_kept
{
    my @lost = grep { $t->get("/v1/audiences/$_")->{status} != 200 } @kept;
    is_deeply(\@lost, [], 'what was acknowledged is there');
}


for my $round (1 .. turns(1, 10)) {
    for my $what (sort keys %faults) {
        subtest "an error when $what, $round" => sub {
            my $lines = () = $t->worker_log =~ /"level": "error"/g;

            $t->start_worker(under => \@under);
            is_kept();
            $t->import_file("$round.csv", "phoneNumber\n11987654321\n",
                            args => 'area_code=11') if !@kept;

            my $r = create("before $what");
            is($r->{status}, 201, 'before it, a change is kept');
            push @kept, $r->{json}{id};

            break_call($faults{$what});
            cmp_ok(create("while $what")->{status}, '>=', 500,
                   'then none is acknowledged');

            my $status = $t->reap('worker', 60);
            is($status && $status >> 8, 1, 'the worker has ended, in order');

            my @errors = $t->worker_log =~ /^(.*"level": "error".*)$/mg;
            is(scalar @errors, $lines + 1, '… with one line');
            like($errors[-1], qr/Input\/output error/, '… that says why');
            is($t->query({ all => [] })->{count}, 1, 'queries are answered');
            is($t->get('/v1/audiences')->{status}, 503,
               'calls are told to come back');

            $t->start_worker;
            is_kept();
            is($t->stop_worker, 0, 'all is well again');
        };
    }
}

$t->start_worker;
$t->finish;
