# Clients that go away: in the middle of an upload, while a thread writes or
# syncs their file, while their query waits for data.  Nothing stays behind,
# nginx goes on.

use lib 't/lib';
use Audience::Test;
use Audience::Peer;

my $t = Audience::Test->start(worker => 0);
my $peer = Audience::Peer->start($t, sub {
    return head(202, 2, 'Content-Type' => 'application/json') . data('{}') . end();
});

my $csv = "phoneNumber,name\n" . "11987654321,Ana\n" x 20_000;
my $spool = "$t->{root}/spool/demo";
my ($nginx) = $t->nginx_workers;

sub spooled { scalar(() = glob "$spool/*") }
sub whole { scalar(() = glob "$spool/*.csv") }

# A client of its own process; where it hangs on the connection, or has ended;
# and its sudden end.
sub run
{
    my $pid = fork // die "fork: $!";

    if ($pid == 0) {
        open STDOUT, '>', '/dev/null';
        exec { $_[0] } @_ or POSIX::_exit(1);
    }
    return $pid;
}

sub connected
{
    my ($pid) = @_;
    my $port = sprintf ':%04X', $t->http2_port;

    return $t->read_file('/proc/net/tcp') =~ /^ *\d+: \w+$port \w+:\w+ 01 /m
           || waitpid($pid, POSIX::WNOHANG()) != 0;
}

sub leave
{
    local $?;
    kill 'KILL', $_[0];
    waitpid $_[0], 0;
}

sub upload_head
{
    my (%o) = @_;
    return "POST /v1/imports?filename=a.csv HTTP/1.1\r\nHost: a\r\n"
           . "X-Tenant: demo\r\nX-User: me\r\nContent-Type: text/csv\r\n"
           . ($o{chunked} ? "Transfer-Encoding: chunked\r\n\r\n"
                          : "Content-Length: $o{length}\r\n\r\n");
}

# Delays a system call of nginx, on files of that path or on any, until the
# guard goes.
sub slow
{
    my ($call, $path, $ms) = @_;

    my $log = "$t->{dir}/strace";
    my $pid = fork // die "fork: $!";

    if ($pid == 0) {
        open STDERR, '>', $log;
        exec { 'strace' } 'strace', '-f', '-q', '-p', $nginx,
             $path ? ('-P', $path) : (), '-e', "trace=$call",
             '-e', "inject=$call:delay_enter=${ms}000", '-o', "$log.out"
            or POSIX::_exit(1);
    }
    $t->wait_for('strace to attach', sub {
        $t->read_file("/proc/$nginx/status") =~ /^TracerPid:\s+$pid$/m });
    return bless { pid => $pid }, 'Guard';
}

sub Guard::DESTROY { local $?; kill 'TERM', $_[0]{pid}; waitpid $_[0]{pid}, 0 }


# --- in the middle of an upload ---------------------------------------------------

for my $bytes (0, 1, 20, 5000, 65_536, 200_000, length($csv) - 1) {
    my $socket = $t->connect;

    print {$socket} upload_head(length => length $csv), substr $csv, 0, $bytes;
    $t->wait_for('the spool file', sub { spooled() });
    close $socket;
    $t->wait_for('it to go', sub { !spooled() });
    pass("left after $bytes bytes of an upload");

    $socket = $t->connect;
    print {$socket} upload_head(chunked => 1);
    print {$socket} sprintf("%x\r\n", $bytes), substr($csv, 0, $bytes), "\r\n"
        if $bytes;
    print {$socket} "ffff\r\nrest";
    $t->wait_for('the spool file', sub { spooled() });
    close $socket;
    $t->wait_for('it to go', sub { !spooled() });
    pass('… in chunks');
}

# Killed at once, and its input is still open: a client whose input ends would
# end the stream as if the upload were whole.
my $curl = open my $upload, '|-', 'curl', '-s', '--http2-prior-knowledge',
    '-T', '-', '-X', 'POST', '-H', 'Content-Type: text/csv',
    '-H', 'X-Tenant: demo', '-H', 'X-User: me',
    'http://127.0.0.1:' . $t->http2_port . '/v1/imports?filename=a.csv';
print {$upload} $csv;
$upload->flush;
$t->wait_for('the spool file', sub { spooled() });
kill 'KILL', $curl;
{ local $?; close $upload }
$t->wait_for('it to go', sub { !spooled() });
pass('left in the middle of an upload over HTTP/2');


# --- while a thread writes it -------------------------------------------------------

{
    my $slow = slow('sync_file_range', undef, 500);
    my $large = "phoneNumber,name\n" . '11987654321,' . 'Ana ' x 25 . "\n";

    $large .= ('11987654321,' . 'Ana ' x 25 . "\n") x 40_000;

    # Part of it is on its way to the disk, which the thread waits for; what
    # follows has been read, as much as may be.
    for my $bytes (1_200_000, 1_500_000, length($large) - 1) {
        for my $version (1.0, 1.1) {
            my $socket = $t->connect;

            if ($version == 1.0) {
                print {$socket} upload_head(length => length $large);
                print {$socket} substr $large, 0, $bytes;

            } else {
                print {$socket} upload_head(chunked => 1);
                print {$socket} sprintf("%x\r\n", $bytes),
                    substr($large, 0, $bytes), "\r\nffff\r\nrest";
            }

            $t->wait_for('the thread to write', sub {
                grep { -s > 1_000_000 } glob "$spool/*" });
            close $socket;
            $t->wait_for('the file to go', sub { !spooled() });
            pass("left after $bytes bytes, while a thread writes them"
                 . ($version > 1 ? ', in chunks' : ''));
        }
    }

    my $curl = open my $upload, '|-', 'curl', '-s', '--http2-prior-knowledge',
        '-T', '-', '-X', 'POST', '-H', 'Content-Type: text/csv',
        '-H', 'X-Tenant: demo', '-H', 'X-User: me',
        'http://127.0.0.1:' . $t->http2_port . '/v1/imports?filename=a.csv';
    print {$upload} substr $large, 0, 1_500_000;
    $upload->flush;
    $t->wait_for('the thread to write', sub {
        grep { -s > 1_000_000 } glob "$spool/*" });
    kill 'KILL', $curl;
    { local $?; close $upload }
    $t->wait_for('the file to go', sub { !spooled() });
    pass('… over HTTP/2');
}


# --- while a thread syncs the file --------------------------------------------------

{
    my $slow = slow('fsync', $spool, 500);

    for my $n (1 .. 5) {
        my $socket = $t->connect;
        print {$socket} upload_head(length => length $csv), $csv;
        $t->wait_for("upload $n to be whole", \&whole);
        close $socket;
        unlink glob "$spool/*.csv";
    }
    pass('left while a thread syncs the file');

    my $curl = run('curl', '-s', '-o', '/dev/null', '--http2-prior-knowledge',
        '--data-binary', '@' . $t->write_file('a.csv', $csv),
        '-H', 'Content-Type: text/csv', '-H', 'X-Tenant: demo', '-H',
        'X-User: me',
        'http://127.0.0.1:' . $t->http2_port . '/v1/imports?filename=a.csv');
    $t->wait_for('the upload to be whole', \&whole);
    leave($curl);
    pass('… over HTTP/2');
}


# --- while a query waits for data -----------------------------------------------------

{
    my $folder = "$t->{root}/segments/demo";

    mkdir $folder or die $!;
    $t->expect_nginx(qr/audience data in "\S+" cannot be opened/);
    my $slow = slow('openat', "$folder/MANIFEST", 500);

    for my $n (1 .. 4) {
        $t->write_file('damaged', 'x' x $n);
        rename "$t->{dir}/damaged", "$folder/MANIFEST" or die $!;

        my @sockets = map { $t->connect } 1 .. 20;
        print {$_} "GET /v1/fields HTTP/1.1\r\nHost: a\r\nX-Tenant: demo\r\n\r\n"
            for @sockets;
        my $nghttp = run('nghttp', '-n', '-m', '10', '-H', 'X-Tenant: demo',
            'http://127.0.0.1:' . $t->http2_port . '/v1/fields');
        $t->wait_for('nghttp to ask', sub { connected($nghttp) });
        leave($nghttp);
        splice @sockets, 0, 10;                     # close them

        my $answers = grep {
            local $/ = "\r\n";
            (readline($_) // '') =~ /^HTTP\S+ 503/;
        } @sockets;
        is($answers, 10, 'those that stay are answered');
    }
}

is(scalar(() = $t->error_log =~ m{cannot be opened}g), 4,
   'damaged data is logged once, however many ask');
is($t->get('/v1/fields')->{json}{type}, '/problems/data-unavailable',
   'and said as a problem');

unlink "$t->{root}/segments/demo/MANIFEST";
is($t->count({ all => [] }), 0, 'queries go on');
is_deeply([ $t->nginx_workers ], [ $nginx ], 'by the same nginx worker');

$peer->stop;
$t->finish;
