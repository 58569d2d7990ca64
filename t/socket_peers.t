# Who may connect to the worker's socket: the kernel says who a peer is, so a
# socket that anybody may write to is still no way in for everybody.

use lib 't/lib';
use Audience::Test;
use Audience::Frames;
use Audience::Peer;
use POSIX ();

plan skip_all => 'only root can become somebody else' if $> != 0;

my $t = Audience::Test->start(nginx => 0);
my ($nobody, $nogroup) = (getpwnam 'nobody')[2, 3];
my $other_group = 54321;                # that nobody on this machine has


# The status that the worker answers this user, 0 where it closes; as after a
# log-in: user, first group and further groups.  undef: no way to the socket.
sub status_for
{
    my ($uid, $gid, @more) = @_;

    pipe my $from, my $to or die $!;
    my $pid = fork // die $!;

    if (!$pid) {
        local $SIG{PIPE} = 'IGNORE';
        $) = join ' ', $gid, $gid, @more;
        $( = $gid;
        POSIX::setuid($uid) or POSIX::_exit(9);

        my $socket = IO::Socket::UNIX->new(Peer => $t->worker_socket);
        my $answer = 'none';

        if ($socket) {
            binmode $socket;
            $socket->autoflush(1);
            print {$socket} request('GET', '/healthz');
            $answer = eval { answer($t, $socket)->[0] } || 0;
        }
        syswrite $to, $answer;
        POSIX::_exit(0);
    }

    close $to;
    my $answer = do { local $/; <$from> };
    waitpid $pid, 0;
    is($?, 0, 'the child became that user');
    return $answer eq 'none' ? undef : $answer;
}


sub refusals { () = $t->worker_log =~ /"event": "a peer may not connect"/g }


is((stat $t->worker_socket)[2] & 07777, 0660, 'the socket is its own group\'s');
is(status_for(0, 0), 200, 'root may connect');
is(status_for($nobody, $nogroup), undef, 'others cannot reach the socket');

chmod 0666, $t->worker_socket or die $!;
is(status_for($nobody, $nogroup), 0, '... and where they can, are refused');
is(refusals(), 1, 'with one line');
like($t->worker_log,
     qr/"a peer may not connect", "uid": $nobody, "gid": $nogroup, "pid": \d+\}/,
     'which says who it was');
is(status_for($nobody, $(+0), 200, 'not who has the group first');
is(status_for($nobody, $nogroup, $(+0), 200, '... or as one of more');
is(status_for($nobody, $nogroup, 60000 .. 60099, $(+0), 200,
   '... or as one of a hundred');
is(status_for($nobody, $nogroup, 60000 .. 60099), 0, 'a hundred others do not do');
like(Audience::Frames::answer($t, metrics())->[1],
     qr/^audience_connections_refused_total 2$/m, 'they are counted');

sub metrics
{
    my $socket = dial($t);
    print {$socket} request('GET', '/metrics');
    return $socket;
}

$t->restart_worker('worker.socket_group' => $nogroup);
is((stat $t->worker_socket)[5], $nogroup, 'a socket with a group of its own');
is(status_for($nobody, $nogroup), 200, 'lets that group in');
is(status_for($nobody, $other_group), undef, 'and nobody else');

$t->restart_worker('worker.socket_users' => 'daemon, 12345');
is(status_for($nobody, $nogroup), 0, 'who is not named is refused, group or not');
is(status_for(12345, $nogroup), 200, 'who is named is not');
is(status_for(scalar getpwnam('daemon'), $nogroup), 200, 'nor who is named by name');

for my $bad (['socket_users', 'no-such-user', 'no user "no-such-user"'],
             ['socket_users', "@{[1 .. 17]}", 'more than 16 users'],
             ['socket_group', 'no-such-group', 'no group "no-such-group"'])
{
    my ($key, $value, $says) = @$bad;
    my $conf = $t->read_file($t->dir . '/worker.conf');

    $conf =~ s/^$key = .*\n//m;
    $conf =~ s/^\[worker\]\n/[worker]\n$key = $value\n/m;
    my $path = $t->write_file('bad.conf', $conf);
    like(scalar qx{@{[$t->build]}/audience-worker -t -c $path 2>&1}, qr/$says/,
         "$key = $value");
    isnt($?, 0, '... is an error');
}

$t->finish;
