# HUP while uploads, queries and streams are under way: none is lost, the old
# nginx workers finish what they began and end.

use lib 't/lib';
use Audience::Busy;
use Audience::Test;
use Audience::Peer;
use POSIX ();

my $t = Audience::Test->start(worker => 0);
my $peer = Audience::Peer->start($t, sub {
    my ($request, $socket) = @_;

    if ($request->{path} eq '/v1/jobs/events') {
        syswrite $socket, head(200, undef, 'Content-Type' => 'text/event-stream');
        for my $n (1 .. 20) {
            syswrite $socket, data("data: $n\n\n");
            select undef, undef, undef, 0.1;
        }
        return end();
    }
    return head(202, 2, 'Content-Type' => 'application/json') . data('{}') . end();
});

my $csv = "phoneNumber,name\n" . "11987654321,Ana\n" x 2000;


# Its pieces come slowly, so that every upload sees a reload.
sub slow_pieces
{
    my @pieces = unpack '(a8000)*', $csv;
    return sub { select undef, undef, undef, 0.1; shift @pieces };
}

my %work = (
    'slow uploads' => sub {
        $t->post('/v1/imports?filename=a.csv', slow_pieces(),
                 headers => { 'Content-Type' => 'text/csv' })->{status} == 202 },
    'uploads'      => sub { $t->upload('a.csv', $csv)->{status} == 202 },
    'queries'      => sub { $t->post('/v1/query', {})->{status} == 200 },
    'fields'       => sub { $t->get('/v1/fields')->{status} == 200 },
    'calls'        => sub { $t->get('/v1/imports')->{status} == 202 },
    'streams'      => sub {
        $t->get('/v1/jobs/events')->{text}
            eq join '', map { "data: $_\n\n" } 1 .. 20 },
);

my %pid = map { $_ => busy($work{$_}) } sort keys %work;
my %old;

for my $n (1 .. 4) {
    $old{$_} = 1 for $t->nginx_workers;
    $t->reload(import => "max_rows=6000$n");
}

is(end_busy($pid{$_}), 0, "$_: nothing went wrong") for sort keys %pid;

is(scalar(keys %old), 4, 'four generations of nginx workers');
$t->wait_for('the old ones to end', sub { !grep { -d "/proc/$_" } keys %old });
pass('the old ones have ended, timers or not');

is(scalar(() = glob "$t->{root}/spool/demo/*.part"), 0, 'no half file is left');



# An upload whose last sync takes long: nothing else keeps its nginx worker from
# ending.
my ($nginx) = $t->nginx_workers;
my $log = "$t->{dir}/strace.out";
my $strace = fork // die "fork: $!";
if ($strace == 0) {
    open STDERR, '>', "$t->{dir}/strace.err";
    exec { 'strace' } 'strace', '-f', '-q', '-p', $nginx, '-o', $log,
         '-e', 'trace=fsync', '-e', 'inject=fsync:delay_enter=2000000'
        or POSIX::_exit(1);
}

$t->wait_for('strace to attach', sub {
    my @all = glob "/proc/$nginx/task/*/status";
    @all == grep { (eval { $t->read_file($_) } // '')
                   =~ /^TracerPid:\s+$strace$/m } @all });

my $upload = fork // die "fork: $!";
POSIX::_exit($t->upload('a.csv', $csv)->{status} == 202 ? 0 : 1) unless $upload;

$t->wait_for('the sync to begin', sub { -s $log });
$t->reload(import => 'max_rows=60009');
waitpid $upload, 0;
is($?, 0, 'an upload that is being synced is finished');
kill 'TERM', $strace;
waitpid $strace, 0;

$peer->stop;
$t->finish;
