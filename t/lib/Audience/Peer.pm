# Audience::Peer: something on the worker's socket that is not the worker, for
# tests of what nginx makes of it.
#
#   my $t = Audience::Test->start(worker => 0);
#   my $peer = Audience::Peer->start($t, sub {
#       my ($request, $socket) = @_;        # { method, path, tenant, body, … }
#       return head(200, 2) . data('{}') . end();
#   });
#   …
#   $peer->stop;
#
# What the sub returns is sent, then the next request of that connection is
# read; undef closes it.  The sub may also write to the socket itself.  Every
# connection has a process of its own; "connection" counts the requests on it.

package Audience::Peer;

use strict;
use warnings;
use Exporter 'import';
use IO::Socket::UNIX;
use POSIX ();

our @EXPORT = qw(frame head data end);

my @strings = qw(tenant user request_id path args content_type accept_language
                 idempotency_key base_url last_event_id body);
my @methods = ('', qw(GET HEAD POST PUT PATCH DELETE IMPORT));


sub frame { pack('N C', length $_[1], $_[0]) . $_[1] }
sub data  { join '', map { frame(3, $_) } unpack '(a65536)*', $_[0] }
sub end   { frame(4, '') }


# length: undef means unknown.
sub head
{
    my ($status, $length, @headers) = @_;

    return frame(2, pack('n a8 N', $status,
                         defined $length ? pack('Q>', $length) : "\xff" x 8,
                         @headers / 2)
                    . join '', map { pack 'N/a*', $_ } @headers);
}


sub start
{
    my ($class, $t, $handler) = @_;

    my $path = $t->worker_socket;
    unlink $path;

    my $listening = IO::Socket::UNIX->new(Local => $path, Listen => 128)
        or die "$path: $!";
    my $pid = fork;
    die "fork: $!" unless defined $pid;

    if ($pid == 0) {
        setpgrp;
        serve($listening, $handler);
        POSIX::_exit(0);
    }
    return bless { pid => $pid, path => $path, owner => $$ }, $class;
}


sub serve
{
    my ($listening, $handler) = @_;

    local $SIG{CHLD} = 'IGNORE';

    # a test that dies must not leave this behind
    my $test = getppid;
    $listening->timeout(1);

    while (getppid == $test) {
        my $socket = $listening->accept or next;
        my $pid = fork;

        if (defined $pid && $pid == 0) {
            $listening->close;
            converse($socket, $handler);
            POSIX::_exit(0);
        }
        $socket->close;
    }
}


sub converse
{
    my ($socket, $handler) = @_;

    binmode $socket;
    $socket->autoflush(1);
    local $SIG{PIPE} = sub { POSIX::_exit(0) };

    for (my $n = 1; my $request = read_request($socket); $n++) {
        $request->{connection} = $n;
        my $answer = $handler->($request, $socket);
        last unless defined $answer;
        print {$socket} $answer;
    }
}


sub read_request
{
    my ($socket) = @_;

    return unless (read($socket, my $header, 5) // 0) == 5;
    my ($length, $type) = unpack 'N C', $header;
    return unless $type == 1
        && (read($socket, my $payload, $length) // -1) == $length;

    my ($version, $method, @values) = unpack 'C C (N/a*)*', $payload;
    my %request = (version => $version, method => $methods[$method]);
    @request{@strings} = @values;
    return \%request;
}


sub stop
{
    my ($peer) = @_;

    return unless $peer->{pid} && $peer->{owner} == $$;
    kill 'KILL', -$peer->{pid}, $peer->{pid};
    waitpid $peer->{pid}, 0;
    unlink $peer->{path};
    $peer->{pid} = undef;
}

sub DESTROY { local ($?, $!); $_[0]->stop }

1;
