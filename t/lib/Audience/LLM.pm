# Audience::LLM: an OpenAI-compatible endpoint on 127.0.0.1 that behaves as it is
# told, and keeps all that it was sent.
#
#   my $llm = Audience::LLM->start(sub { my ($request) = @_; … '{"a": 1}' });
#   my $t = Audience::Test->start(worker => { $llm->settings });
#   $llm->behave('is down', 'answers');     # the next requests, from here on
#   …
#   my @requests = $llm->requests;          # { method, path, headers, body, json,
#                                           #   system, user, behaviour }
#
# The sub gives the text that the model says to a request (the JSON of it).  The
# first request gets the first behaviour and so on; the last repeats.
#
#   answers                 what the sub says
#   says <text>             that instead
#   waits                   answers after $llm->go_on
#   is silent               takes the request, and never says a word
#   hangs up                closes when it has the request
#   dies in its answer      closes half-way
#   drips                   sends a byte now and then, without end
#   is down                 500
#   is a gateway            502 with a page in HTML
#   is busy <when>          429 with Retry-After: <when>; without one where none
#   refuses                 401, with words about it
#   redirects <url>         307
#   talks HTML              200 with a page in HTML
#   talks text              an answer as text/plain
#   breaks off              200 and half a JSON, whole by its length
#   talks nonsense          200 and bytes
#   answers another call    200 and JSON that is no chat completion
#   declines                no content, but a refusal
#   counts wildly           usage beyond belief
#   counts backwards        usage below nothing
#   counts nothing          no usage
#   talks without end       200 and 10 MB
#   heads without end       headers of 200 KB

package Audience::LLM;

use strict;
use warnings;

use Fcntl ':flock';
use File::Temp ();
use IO::Socket::INET;
use JSON::PP ();
use POSIX ();
use Time::HiRes ();

use constant PROMPT_TOKENS => 120;
use constant COMPLETION_TOKENS => 10;


sub start
{
    my ($class, $model) = @_;

    my $dir = File::Temp::tempdir('llm-XXXXXX', TMPDIR => 1, CLEANUP => 1);
    my $listening = IO::Socket::INET->new(Listen => 64, ReuseAddr => 1,
                                          LocalAddr => '127.0.0.1',
                                          LocalPort => 0) or die "listen: $@";
    my $llm = bless { dir => $dir, port => $listening->sockport, owner => $$,
                      model => $model }, $class;

    $llm->behave('answers');
    $llm->write('key', "sk-canary-Key_0123456789\n");
    chmod 0600, "$dir/key";

    $llm->{pid} = fork;
    die "fork: $!" unless defined $llm->{pid};

    if ($llm->{pid} == 0) {
        local $SIG{CHLD} = 'IGNORE';
        local $SIG{TERM} = sub { kill 'TERM', -$$ if getpgrp == $$;
                                 POSIX::_exit(0) };
        setpgrp;

        while (1) {
            my $socket = $listening->accept or next;
            next if fork;
            local $SIG{TERM} = 'DEFAULT';
            eval { $llm->converse($socket) };
            POSIX::_exit(0);
        }
    }
    return $llm;
}


sub url { "http://127.0.0.1:$_[0]{port}/v1" }
sub key { 'sk-canary-Key_0123456789' }


# Pauses are short, and nothing is left alone, where a test does not ask for it.
sub settings
{
    my ($llm, %more) = @_;

    return ('llm.url' => $llm->url, 'llm.model' => 'test-model',
            'llm.key_file' => "$llm->{dir}/key", 'llm.backoff_ms' => 1,
            'llm.breaker_failures' => 1000, 'llm.timeout_ms' => 300_000,
            'llm.connect_timeout_ms' => 300_000, %more);
}


sub behave
{
    my ($llm, @behaviours) = @_;

    $llm->write('hold', '');
    $llm->locked(sub {
        $llm->write('behaviours', join '', map { "$_\n" } @behaviours);
    });
    return $llm;
}


sub go_on { unlink "$_[0]{dir}/hold" }


sub write
{
    my ($llm, $name, $text) = @_;

    open my $file, '>', "$llm->{dir}/$name" or die "$name: $!";
    binmode $file;
    print {$file} $text;
    close $file or die "$name: $!";
}


sub locked
{
    my ($llm, $code) = @_;

    open my $lock, '>>', "$llm->{dir}/lock" or die "lock: $!";
    flock $lock, LOCK_EX or die "flock: $!";
    my @result = $code->();
    close $lock;
    return wantarray ? @result : $result[0];
}


# Writes the request down and takes the next behaviour.
sub take
{
    my ($llm, $head, $body) = @_;

    return $llm->locked(sub {
        open my $file, '<', "$llm->{dir}/behaviours" or die "behaviours: $!";
        chomp(my @behaviours = <$file>);
        my $behaviour = @behaviours > 1 ? shift @behaviours : $behaviours[0];
        $llm->write('behaviours', join '', map { "$_\n" } @behaviours);

        open my $log, '>>', "$llm->{dir}/requests" or die "requests: $!";
        binmode $log;
        print {$log} pack 'N/a* N/a* N/a*', $behaviour, $head, $body;
        close $log;
        return $behaviour;
    });
}


sub requests
{
    my ($llm) = @_;

    my $text = $llm->locked(sub {
        open my $log, '<', "$llm->{dir}/requests" or return '';
        binmode $log;
        local $/;
        <$log> // '';
    });
    my @fields = unpack '(N/a*)*', $text;
    my @requests;

    while (my ($behaviour, $head, $body) = splice @fields, 0, 3) {
        my ($first, @lines) = split /\r\n/, $head;
        my ($method, $path) = split / /, $first;
        my $json = eval { JSON::PP->new->utf8->decode($body) };

        push @requests, {
            behaviour => $behaviour, method => $method, path => $path,
            head => $head, body => $body, json => $json,
            headers => { map { /^([^:]+): *(.*)/ ? (lc $1 => $2) : () } @lines },
            system => $json->{messages}[0]{content},
            user => $json->{messages}[1]{content},
        };
    }
    return @requests;
}


sub forget
{
    my ($llm) = @_;
    $llm->locked(sub { $llm->write('requests', '') });
}


# --- one connection ------------------------------------------------------------

sub converse
{
    my ($llm, $socket) = @_;

    local $SIG{PIPE} = 'IGNORE';
    $socket->autoflush(1);

    while (1) {
        my ($head, $body) = receive($socket) or return;
        my $behaviour = $llm->take($head, $body);
        $llm->reply($socket, $behaviour, $body) or return;
    }
}


sub receive
{
    my ($socket) = @_;

    my $data = '';
    while ($data !~ /\r\n\r\n/) {
        sysread $socket, $data, 65536, length $data or return;
    }
    my ($head, $body) = split /\r\n\r\n/, $data, 2;
    my ($length) = $head =~ /^Content-Length: (\d+)/mi;

    while (length $body < $length) {
        sysread $socket, $body, 65536, length $body or return;
    }
    return ($head, $body);
}


sub send_all
{
    my ($socket, $bytes) = @_;

    while (length $bytes) {
        my $n = syswrite $socket, $bytes or return 0;
        substr $bytes, 0, $n, '';
    }
    return 1;
}


sub answer
{
    my ($socket, $status, $type, $body, @headers) = @_;

    return send_all($socket, "HTTP/1.1 $status\r\nContent-Type: $type\r\n"
                             . join('', map { "$_\r\n" } @headers)
                             . 'Content-Length: ' . length($body)
                             . "\r\n\r\n$body");
}


sub completion
{
    my ($text, %more) = @_;

    return JSON::PP->new->utf8->canonical->encode({
        id => 'chatcmpl-1', object => 'chat.completion', model => 'test-model',
        choices => [{ index => 0, finish_reason => 'stop',
                      message => { role => 'assistant', content => $text } }],
        usage => { prompt_tokens => PROMPT_TOKENS,
                   completion_tokens => COMPLETION_TOKENS,
                   total_tokens => PROMPT_TOKENS + COMPLETION_TOKENS },
        %more,
    });
}


my $json = 'application/json';
my $page = "<!DOCTYPE html><title>Sign in</title><p>Please sign in.\n";

my %replies = (
    'is silent' => sub { my ($socket) = @_; my $byte; sysread $socket, $byte, 1; 0 },
    'hangs up' => sub { 0 },
    'is down' => sub { answer($_[0], '500 Error', $json, '{"error": {}}') },
    'is a gateway' => sub { answer($_[0], '502 Bad Gateway', 'text/html', $page) },
    'refuses' => sub {
        answer($_[0], '401 Unauthorized', $json, '{"error": {"message": "Incorrect'
               . ' API key: sk-canary-Key_0123456789", "code": "invalid_api_key"}}');
    },
    'talks HTML' => sub { answer($_[0], '200 OK', 'text/html', $page) },
    'talks nonsense' => sub { answer($_[0], '200 OK', $json, "\xff\x00\x01 a{[") },
    'answers another call' => sub {
        answer($_[0], '200 OK', $json, '{"data": [{"embedding": [0.1]}]}');
    },
    'declines' => sub {
        answer($_[0], '200 OK', $json, completion('', choices => [{ message => {
            role => 'assistant', content => undef, refusal => 'No.' } }]));
    },
    'talks without end' => sub {
        answer($_[0], '200 OK', $json, completion('x' x 10_000_000));
    },
    'heads without end' => sub {
        answer($_[0], '200 OK', $json, completion('{}'),
               map { "X-$_: " . 'y' x 1000 } 1 .. 200);
    },
    'drips' => sub {
        my ($socket) = @_;
        send_all($socket, "HTTP/1.1 200 OK\r\nContent-Type: $json\r\n"
                          . "Content-Length: 200000\r\n\r\n") or return 0;
        Time::HiRes::sleep(0.05) while send_all($socket, ' ');
        return 0;
    },
);


sub reply
{
    my ($llm, $socket, $behaviour, $body) = @_;

    return $replies{$behaviour}->($socket) if $replies{$behaviour};

    if ($behaviour =~ /^is busy ?(.*)/) {
        return answer($socket, '429 Too Many Requests', $json, '{"error": {}}',
                      length $1 ? "Retry-After: $1" : ());
    }
    if ($behaviour =~ /^redirects (.*)/) {
        return answer($socket, '307 Temporary Redirect', $json, '{}',
                      "Location: $1");
    }
    if ($behaviour eq 'waits') {
        Time::HiRes::sleep(0.01) while -e "$llm->{dir}/hold";
    }

    my $text = $behaviour =~ /^says (.*)/s ? $1
               : $llm->{model}->(JSON::PP->new->utf8->decode($body));

    my $whole = completion($text,
        $behaviour eq 'counts wildly'
        ? (usage => { prompt_tokens => 9_000_000_000_000_000,
                      completion_tokens => 4 }) : (),
        $behaviour eq 'counts backwards'
        ? (usage => { prompt_tokens => 4, completion_tokens => -9_000 }) : (),
        $behaviour eq 'counts nothing' ? (usage => undef) : ());

    if ($behaviour eq 'breaks off') {
        return answer($socket, '200 OK', $json,
                      substr $whole, 0, length($whole) / 2);
    }
    if ($behaviour eq 'dies in its answer') {
        send_all($socket, "HTTP/1.1 200 OK\r\nContent-Type: $json\r\n"
                          . 'Content-Length: ' . length($whole) . "\r\n\r\n"
                          . substr $whole, 0, 40);
        return 0;
    }
    return answer($socket, '200 OK',
                  $behaviour eq 'talks text' ? 'text/plain' : $json, $whole);
}


sub stop
{
    my ($llm) = @_;

    my $pid = delete $llm->{pid} or return;
    kill 'TERM', $pid;
    waitpid $pid, 0;
}


sub DESTROY
{
    my ($llm) = @_;

    return unless $llm->{owner} == $$;
    local ($?, $@, $!);
    $llm->go_on;
    $llm->stop;
}

1;
