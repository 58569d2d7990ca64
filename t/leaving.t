# Clients that go away: in the middle of an upload, while a thread syncs their
# file, while their query waits for data.  Nothing stays behind, nginx goes on.

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

sub upload_head
{
    my (%o) = @_;
    return "POST /v1/imports?filename=a.csv HTTP/1.1\r\nHost: a\r\n"
           . "X-Tenant: demo\r\nX-User: me\r\nContent-Type: text/csv\r\n"
           . ($o{chunked} ? "Transfer-Encoding: chunked\r\n\r\n"
                          : "Content-Length: $o{length}\r\n\r\n");
}

# Delays a system call of nginx on files of that path, until the guard goes.
sub slow
{
    my ($call, $path, $ms) = @_;

    my $log = "$t->{dir}/strace";
    my $pid = fork // die "fork: $!";

    if ($pid == 0) {
        open STDERR, '>', $log;
        exec { 'strace' } 'strace', '-f', '-q', '-p', $nginx, '-P', $path,
             '-e', "trace=$call", '-e', "inject=$call:delay_enter=${ms}000",
             '-o', "$log.out"
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


# --- while a thread syncs the file --------------------------------------------------

{
    my $slow = slow('fsync', $spool, 500);

    for my $n (1 .. 5) {
        my $socket = $t->connect;
        print {$socket} upload_head(length => length $csv), $csv;
        $t->wait_for("upload $n to be whole", sub {
            glob("$spool/*.csv") });
        close $socket;
        $t->wait_for('it to be handed over', sub {
            unlink grep { !/part$/ } glob "$spool/*.csv" });
    }
    pass('left while a thread syncs the file');

    system 'timeout', '0.3', 'curl', '-s', '-o', '/dev/null',
        '--http2-prior-knowledge',
        '--data-binary', '@' . $t->write_file('a.csv', $csv),
        '-H', 'Content-Type: text/csv', '-H', 'X-Tenant: demo', '-H',
        'X-User: me',
        'http://127.0.0.1:' . $t->http2_port . '/v1/imports?filename=a.csv';
    $t->wait_for('the thread to be done', sub { spooled() == 1 });
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
        system 'timeout', '0.2', 'nghttp', '-n', '-m', '10', '-H',
            'X-Tenant: demo',
            'http://127.0.0.1:' . $t->http2_port . '/v1/fields';
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
