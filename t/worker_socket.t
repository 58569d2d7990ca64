# The worker's socket, spoken to without nginx in between: frames whole and in
# pieces, and peers that are broken, slow or ill-meant.  The worker closes what
# breaks the protocol, answers everybody else, and keeps its memory.

use lib 't/lib';
use Audience::Test;
use Audience::Frames;
use Audience::Peer;
use Time::HiRes ();

my $t = Audience::Test->start(nginx => 0);
my $health = request('GET', '/healthz');


sub is_alive
{
    my ($what) = @_;

    my $socket = dial($t);
    print {$socket} $health;
    is(answer($t, $socket)->[0], 200, "then the worker answers: $what");
}


# The worker closes the connection without an answer.
sub is_closed
{
    my ($what, $bytes) = @_;

    my $socket = dial($t);
    local $SIG{PIPE} = 'IGNORE';

    print {$socket} $bytes;
    is(take($t, $socket, 1), '', "closed: $what");
}


# In MB.  Freed memory stays with a sanitizer for a while.
sub memory
{
    return 0 if $t->sanitize;

    my ($kb) = $t->read_file('/proc/' . $t->pid('worker') . '/status')
               =~ /^VmRSS:\s+(\d+)/m;
    return $kb / 1024;
}


subtest 'one connection carries one call after the other' => sub {
    my $socket = dial($t);

    for my $n (1 .. 3) {
        print {$socket} $health;

        my $answer = answer($t, $socket);
        is($answer->[0], 200, "answer $n");
        is($answer->[1], '{"status":"ok"}', 'its body');
        is($answer->[2]{'Content-Type'}, 'application/json', 'its header');
    }

    print {$socket} request('HEAD', '/healthz');
    is_deeply([ @{ answer($t, $socket) }[0, 1] ], [200, ''], 'HEAD has no body');
};

subtest 'a request may come byte by byte' => sub {
    my $socket = dial($t);

    syswrite $socket, $_ for split //, $health;
    is(answer($t, $socket)->[0], 200);
};

subtest 'calls that do not exist' => sub {
    my $socket = dial($t);

    print {$socket} request('GET', '/v1/nothing');
    is(answer($t, $socket)->[0], 404, 'no such path');
    print {$socket} request('GET', '/v1/jobs/');
    is(answer($t, $socket)->[0], 404, 'an empty segment');
    print {$socket} request('DELETE', '/v1/jobs');

    my $answer = answer($t, $socket);
    is($answer->[0], 405, 'another method');
    is($answer->[2]{Allow}, 'GET, HEAD', 'says which are allowed');
    print {$socket} request('IMPORT', '/healthz');
    is(answer($t, $socket)->[0], 405, 'an upload elsewhere');
};

subtest 'what is no request' => sub {
    is_closed('HTTP', "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    is_closed('TLS', "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03");
    is_closed('zeros', "\0" x 64);
    is_closed('an answer', head(200, 2) . data('{}') . end());
    is_closed('type 0', frame(0, 'x'));
    is_closed('type 9', frame(9, 'x'));
    is_closed('too long by one', pack('N C', 2 * 1024 * 1024 + 1, 1));
    is_closed('as long as can be', pack('N C', 0xffffffff, 1));
    is_alive('after noise');
    unlike($t->worker_log, qr/takes too long/, 'nothing more was waited for');
};

subtest 'requests that are malformed' => sub {
    my $good = payload('GET', '/healthz');

    is_closed('empty', frame(1, ''));
    is_closed("cut at $_", frame(1, substr $good, 0, $_))
        for 1, 2, 5, 7, length($good) - 1;
    is_closed('a byte too many', frame(1, "${good}x"));
    is_closed('version 2', frame(1, "\2" . substr $good, 1));
    is_closed("method $_", frame(1, payload($_, '/healthz'))) for 9, 255;
    is_closed('a string longer than all',
              frame(1, "\1\1" . pack('N', 0x7fffffff) . 'x' x 100));
    is_closed("tenant \"$_\"", request('GET', '/healthz', tenant => $_))
        for '', 'Demo', '../x', 'a/b', "a\0b", 'x' x 65;
    is_alive('after malformed requests');
};

subtest 'bytes in front of an answer' => sub {
    is_closed('two requests at once', $health . $health);
    is_closed('a request and noise', "${health}x");
    is_alive('after pipelining');
};

subtest 'requests that are cut' => sub {
    for my $at (1, 4, 5, 6, 50, length($health) - 1) {
        my $socket = dial($t);
        syswrite $socket, substr $health, 0, $at;
        close $socket;
    }
    is_alive('after cut requests');
};

subtest 'peers that do not wait for the answer' => sub {
    for my $n (1 .. 200) {
        my $socket = dial($t) or next;
        syswrite $socket, request('GET', $n % 2 ? '/metrics' : '/v1/jobs');
        close $socket;
    }
    is_alive('after impatient peers');
};

subtest 'random damage' => sub {
    srand 11;

    for my $n (1 .. 400) {
        my $bytes = request('POST', '/v1/audiences', body => '{"name":"x"}',
                            key => "k-$n");

        substr($bytes, int rand length $bytes, 1) = chr int rand 256
            for 1 .. 1 + rand 3;
        $bytes = substr $bytes, 0, rand length $bytes if rand() < 0.3;

        my $socket = dial($t) or next;
        local $SIG{PIPE} = 'IGNORE';
        syswrite $socket, $bytes;
        shutdown $socket, 1;
        1 while sysread $socket, my $ignored, 65536;
    }
    is_alive('after damaged requests');
};

subtest 'a request that does not come to its end' => sub {
    my $socket = dial($t);
    my $other = dial($t);

    syswrite $socket, substr $health, 0, 10;
    print {$other} $health;
    is(answer($t, $other)->[0], 200, 'delays nobody');
    is(take($t, $socket, 1), '', 'is closed after some seconds');
};

subtest 'connections beyond the limit' => sub {
    my @idle = grep { $_ } map { dial($t) } 1 .. 700;
    my $last = dial($t);

    print {$last} $health;
    is(answer($t, $last)->[0], 200, 'the newest is served');
    is(take($t, $idle[0], 1), '', 'the oldest idle one gave way');
};

subtest 'memory follows what is sent, not what is promised' => sub {
    my $before = memory();
    my @promises = grep { $_ } map { dial($t) } 1 .. 400;

    syswrite $_, pack('N C', 2 * 1024 * 1024, 1) . 'x' for @promises;
    is_alive('with 800 MB promised');
    cmp_ok(memory() - $before, '<', 40, 'no memory for promises');
};

subtest 'many large requests are bounded together' => sub {
    my $before = memory();
    my @large;

    local $SIG{PIPE} = 'IGNORE';

    for (1 .. 100) {
        my $socket = dial($t) or next;
        my $bytes = pack('N C', 2 * 1024 * 1024, 1) . "\0" x (1536 * 1024);

        $socket->blocking(0);
        my $at = 0;
        my $deadline = Time::HiRes::time() + 2;

        while ($at < length $bytes && Time::HiRes::time() < $deadline) {
            my $n = syswrite $socket, $bytes, 262144, $at;
            last if !defined $n && !$!{EAGAIN};
            $at += $n || 0;
        }
        push @large, $socket;
    }

    cmp_ok(memory() - $before, '<', 110, '150 MB sent, 64 MB are kept at most');
    like($t->worker_log, qr/"why": "too many bytes of requests"/,
         '… as the log says');
    @large = ();
    is_alive('after large requests');
};

subtest 'the socket belongs to one worker' => sub {
    my $worker = $t->build . '/audience-worker';
    my $conf = "$t->{dir}/worker.conf";
    my $other = $t->write_file('other.conf', $t->read_file($conf)
                               =~ s/^root = .*/root = $t->{dir}\/other/mr);

    is((stat $t->worker_socket)[2] & 07777, 0660, 'its mode');
    like(`$worker -c $conf 2>&1`, qr/is in use by another worker/,
         'a second worker of the same root is refused');
    like(`$worker -c $other 2>&1`, qr/is in use by another process/,
         'one of the same socket too');
    is_alive('after both');

    $t->kill_worker;
    ok(-S $t->worker_socket, 'a kill leaves the socket');
    $t->start_worker;
    is_alive('the next worker replaces it');

    $t->stop_worker;
    ok(!-e $t->worker_socket, 'an orderly end removes it');
    $t->write_file('worker.sock', 'precious');
    like(`$worker -c $conf 2>&1`, qr/is there and no socket/,
         'a file in its place is left alone');
    unlink $t->worker_socket;
    $t->start_worker;
};

subtest 'options and signals' => sub {
    my $worker = $t->build . '/audience-worker';

    like(`$worker -V`, qr/^audience-worker \d/, '-V');
    is(system("$worker -t -c $t->{dir}/worker.conf 2>/dev/null"), 0, '-t');
    like(`$worker 2>&1`, qr/^usage:/, 'none');

    my $bad = $t->write_file('bad.conf', "[worker]\nrot = /x\n");
    is(`$worker -t -c $bad 2>&1`,
       "$bad:2: there is no \"rot\" in [worker]\n", '-t names the mistake');

    my %wrong = (
        locale => '/nonexistent', mail_from => 'nobody',
        smtp_password_file => '/nonexistent',
    );

    for my $name (sort keys %wrong) {
        my $section = $name eq 'locale' ? 'worker' : 'mail';
        my $conf = $t->write_file('wrong.conf',
            $t->read_file("$t->{dir}/worker.conf") =~ s/^$name = .*\n//mr
            =~ s/^(?=\[worker\])/[mail]\n$name = $wrong{$name}\n/mr
            =~ s/^\[mail\]\n(?=locale)/[worker]\n/mr);

        isnt(system("$worker -t -c $conf 2>/dev/null"), 0, "-t: a wrong $name");
    }

    my $password = $t->write_file('password', "secret\n", 0644);
    my $open = $t->write_file('open.conf', "[mail]\nsmtp_password_file = "
        . "$password\n\n" . $t->read_file("$t->{dir}/worker.conf"));
    like(`$worker -t -c $open 2>&1`, qr/password: every user .* can read/,
         '-t: a password that all can read');
    chmod 0600, $password;
    is(system("$worker -t -c $open 2>/dev/null"), 0, '-t: a password');

    my $lost = $t->write_file('lost.conf',
        $t->read_file("$t->{dir}/worker.conf")
        =~ s{^root = .*}{root = $t->{dir}/lost}mr
        =~ s{^socket = .*}{socket = $t->{dir}/nowhere/worker.sock}mr);
    like(`$worker -c $lost 2>&1`, qr{nowhere: No such file or directory},
         'a socket in a folder that does not exist');

    $t->write_file('link.keys', 'k2 ' . '6b' x 32 . "\nk1 " . '5a' x 32 . "\n");
    kill HUP => $t->pid('worker');
    $t->wait_for('the keys to be read', sub {
        $t->worker_log =~ /"event": "link keys read", "keys": 2/;
    });
    pass('SIGHUP reads the link keys again');
};

$t->finish;
