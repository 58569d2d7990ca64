# Something on the worker's socket that is broken or ill-meant: nginx answers
# 502 or 504, or cuts an answer short, and goes on.

use lib 't/lib';
use Audience::Test;
use Audience::Peer;

# Only what is silent meets the short time limit: on a busy machine anybody else
# may take longer.
my $t = Audience::Test->start(worker => 0, server => <<'END');
    location /v1/said/  { audience_pass audience_worker timeout=300s; }
    location /v1/hasty/ { audience_pass audience_worker timeout=500ms; }
END

# What the peer says to a request for /v1/said/NAME or /v1/hasty/NAME.
my $json = '{"ok":true}';
my $head = head(200, length $json, 'Content-Type' => 'application/json');
my $good = $head . data($json) . end();
my $endless = head(200, undef);

my %says = (
    good            => $good,
    nothing         => undef,
    noise           => "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    zeros           => "\0" x 100_000,
    'data first'    => data('x'),
    'end first'     => end(),
    'a request'     => frame(1, 'x'),
    'unknown type'  => frame(9, 'x'),
    'huge head'     => pack('N C', 0xffffffff, 2) . 'x' x 100_000,
    'head too long' => pack('N C', 16 * 1024 + 1, 2) . 'x' x 20_000,
    'status 0'      => head(0, 0) . end(),
    'status 999'    => head(999, 0) . end(),
    'status 100'    => head(100, 0) . end(),
    'short head'    => frame(2, "\0"),
    'many headers'  => frame(2, pack 'n a8 N', 200, "\0" x 8, 0xffffffff),
    'long header'   => frame(2, pack('n a8 N N', 200, "\0" x 8, 1, 0x7fffffff)),
    'split header'  => head(200, 0, 'X-A' => "a\r\nSet-Cookie: b=c") . end(),
    'nul in name'   => head(200, 0, "X\0A" => 'a') . end(),
    'space in name' => head(200, 0, 'X A' => 'a') . end(),
    'endless body'  => frame(2, pack('n Q> N', 200, ~0 >> 1, 0)),
    'huge length'   => head(200, (~0 >> 1) + 1) . end(),
    'head, noise'   => $head . 'noise noise noise',
    'head, head'    => $head . $head,
    'huge data'     => $head . pack('N C', 65537, 3) . 'x' x 70_000,
    'empty data'    => $head . frame(3, '') . data($json) . end(),
    # Nothing is wrong with these but a length or a type.
    'long head'     => head(200, length $json, map { ("X-$_" => 'x' x 1000) }
                                               1 .. 17) . data($json) . end(),
    'data as head'  => frame(3, substr $head, 5) . data($json) . end(),
    'more than its headers' => frame(2, substr(head(200, length $json), 5) . 'x')
                               . data($json) . end(),
    'long data'     => $endless . frame(3, 'x' x 65537) . end(),
    'long data later' => $endless . data('x') . frame(3, 'x' x 65537) . end(),
    'empty data later' => $endless . data('x') . frame(3, '') . end(),
    'long end'      => $endless . data('x') . frame(4, 'x' x 65537),
    'data, noise'   => $head . data($json) . 'noise',
    'too much'      => $head . data("$json ") . end(),
    'too little'    => $head . data('{}') . end(),
    'end with body' => $head . data($json) . frame(4, 'x'),
    'behind the end' => $good . 'x',
    'two answers'   => $good . $good,
    'steering'      => head(200, length $json, 'X-Accel-Redirect' => '/e/x',
                            'Transfer-Encoding' => 'chunked',
                            'Content-Length' => 3, 'Connection' => 'close')
                       . data($json) . end(),
    '204 with body' => head(204, 2) . data('{}') . end(),
);

my $peer = Audience::Peer->start($t, sub {
    my ($request, $socket) = @_;
    my ($name) = $request->{path} =~ m{^/v1/(?:said|hasty)/(.*)};

    if ($name =~ /^in pieces: (.*)/) {
        for my $byte (split //, $says{$1}) {
            syswrite $socket, $byte;
            select undef, undef, undef, 0.001;
        }
        return '';
    }
    if ($name =~ /^cut at (\d+)/) {
        syswrite $socket, substr $good, 0, $1 if $1;
        return undef;
    }
    if ($name =~ /^stall at (\d+)/) {
        syswrite $socket, substr $good, 0, $1 if $1;
        sleep 600;
        return undef;
    }
    if ($name eq 'flood') {
        syswrite $socket, head(200, undef);
        syswrite $socket, data('x' x 65536) for 1 .. 320;
        return end();
    }
    if ($name eq 'stop reading') {
        sleep 600;
        return undef;
    }
    return $says{$name};
});

sub ask { ask_at('said', @_) }

sub ask_at
{
    my ($where, $name) = @_;
    return $t->get("/v1/$where/" . Audience::Client::escape($name));
}

sub unharmed
{
    my ($what) = @_;
    my $r = ask('good');
    is($r->{text}, $json, "… and the next call after $what is answered");
}

is_deeply(ask('good')->{json}, { ok => JSON::PP::true }, 'a good answer');


# --- an answer that never began: a 502 problem --------------------------------

for my $name ('nothing', 'noise', 'zeros', 'data first', 'end first',
              'a request', 'unknown type', 'huge head', 'head too long',
              'status 0', 'status 999', 'status 100', 'short head',
              'many headers', 'long header', 'split header', 'nul in name',
              'space in name', 'huge length', 'head, noise', 'head, head',
              'huge data', 'empty data', 'long head', 'more than its headers',
              'data as head', 'long data')
{
    my $r = ask($name);

    is($r->{status}, 502, "$name: 502");
    is($r->{json}{type}, '/problems/worker-failed', '… as a problem');
    unharmed($name);
}


# --- an answer that went wrong on its way: cut short, never made whole ---------

for my $name ('data, noise', 'too much', 'too little', 'end with body',
              'endless body')
{
    my $where = $name eq 'endless body' ? 'hasty' : 'said';
    # The second one's answer would be taken for the rest of the first one's.
    my $r = $t->raw(join '', map {
        "GET /v1/$where/" . Audience::Client::escape($_->[0])
        . " HTTP/1.1\r\nHost: a\r\nX-Tenant: demo\r\n"
        . "Connection: $_->[1]\r\n\r\n"
    } [$name, 'keep-alive'], ['good', 'close']);

    isnt(length $r->{text}, $r->{headers}{'content-length'} // -1,
         "$name: no whole answer") if $r->{status} == 200;
    # Where it did not begin in time either, a problem says so, and the next
    # answer follows.
    unlike($r->{text}, qr/noise|HTTP/, "$name: no byte that is not the body's")
        if $r->{status} != 504;
    unharmed($name);
}

# An answer whose length nobody said ends with its last chunk, or is none.
for my $name ('long data later', 'empty data later', 'long end') {
    is(ask($name)->{status}, 599, "$name: no whole answer");
    unharmed($name);
}

for my $name ('behind the end', 'two answers') {
    is(ask($name)->{text}, $json, "$name: the answer alone") for 1 .. 3;
    unharmed($name);
}

my $r = ask('steering');
is($r->{text}, $json, "the worker's headers do not steer nginx");
is($r->{headers}{'content-length'}, length $json, '… nor set its framing');
is($r->{headers}{'transfer-encoding'}, undef, '… in any way');

is(ask('204 with body')->{text} // '', '', 'a 204 has no body');
unharmed('a 204 with a body');

is(ask('in pieces: good')->{text}, $json, 'an answer byte by byte');
is(ask('in pieces: split header')->{status}, 502, 'a bad one byte by byte');


# --- every place to stop -------------------------------------------------------

for my $at (0 .. length($good) - 1) {
    my $r = $t->raw("GET /v1/said/cut%20at%20$at HTTP/1.1\r\nHost: a\r\n"
                    . "X-Tenant: demo\r\nConnection: close\r\n\r\n");

    ok($r->{status} == 502 || length($r->{text}) < length $json
       || $at >= length($head . data($json)),
       "closed after $at bytes of " . length $good)
        or diag explain $r;
}
unharmed('those');

for my $at (0, 4, 20, length($head) - 1) {
    my $r = ask_at('hasty', "stall at $at");

    is($r->{status}, 504, "silent after $at bytes: 504");
    is($r->{json}{type}, '/problems/worker-too-slow', '… as a problem');
}

$r = $t->raw('GET /v1/hasty/stall%20at%20' . (length($head) + 7)
             . " HTTP/1.1\r\nHost: a\r\nX-Tenant: demo\r\nConnection: close\r\n\r\n");
ok($r->{status} == 504 || length $r->{text} < length $json,
   'silent in the body: cut short');
unharmed('silence');


# --- a great deal of it ---------------------------------------------------------

is(length ask('flood')->{text}, 320 * 65536, 'an answer of 20 MB');

my $socket = $t->connect;
print {$socket} "GET /v1/said/flood HTTP/1.1\r\nHost: a\r\nX-Tenant: demo\r\nConnection: close\r\n\r\n";
sysread $socket, my $some, 1000;
close $socket;
unharmed('a client that left in the middle of it');

is($t->post('/v1/hasty/stop%20reading', 'x' x 1_000_000)->{status}, 504,
   'a worker that does not read: 504');


# --- an upload that it lost -------------------------------------------------------

$peer->stop;
$peer = Audience::Peer->start($t, sub { undef });
$r = $t->upload('a.csv', "phoneNumber\n11987654321\n");
is($r->{status}, 502, 'a worker that dies with an upload: 502');
like($r->{json}{detail}, qr/may or may not have taken effect/, '… says so');
is(scalar(() = glob "$t->{root}/spool/demo/*.csv"), 1,
   '… and keeps the file, for the worker may have taken it');

$peer->stop;
is($t->upload('a.csv', "phoneNumber\n11987654321\n")->{status}, 503,
   'then none: 503');
is(scalar(() = glob "$t->{root}/spool/demo/*"), 1, '… and no file');

$t->finish;
