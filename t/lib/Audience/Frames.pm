# Audience::Frames: frames to the worker's socket, without nginx in between.
#
#   my $socket = dial($t);
#   print {$socket} request('GET', '/healthz', tenant => 'demo');
#   my ($status, $body, $headers) = @{ answer($t, $socket) };

package Audience::Frames;

use strict;
use warnings;
use Exporter 'import';
use IO::Select;
use IO::Socket::UNIX;

our @EXPORT = qw(payload request dial take answer);

my %methods = (GET => 1, HEAD => 2, POST => 3, PUT => 4, PATCH => 5,
               DELETE => 6, IMPORT => 7, BACKUP => 8);


# The payload of a request, and its frame.  A number as the method is itself.
sub payload
{
    my ($method, $path, %more) = @_;

    return pack('C C', 1, $methods{$method} || $method)
        . join '', map { pack 'N/a*', $_ } $more{tenant} // 'demo',
            $more{user} // '', $more{request_id} // 'r-1', $path,
            $more{args} // '', 'application/json', '', $more{key} // '',
            'http://localhost', $more{last_event_id} // '', $more{body} // '';
}

sub request { my $p = payload(@_); pack('N C', length $p, 1) . $p }


sub dial
{
    my ($t) = @_;

    my $socket = IO::Socket::UNIX->new(Peer => $t->worker_socket) or return;

    $socket->autoflush(1);
    return $socket;
}


# Reads so many bytes; fewer when the worker closes, undef when it says nothing
# for too long.
sub take
{
    my ($t, $socket, $n, $seconds) = @_;

    my $got = '';
    my $select = IO::Select->new($socket);

    while (length $got < $n) {
        return undef unless $select->can_read($t->seconds($seconds || 120));
        sysread $socket, $got, $n - length $got, length $got or last;
    }
    return $got;
}


# One answer: [status, body, headers], or undef where there is none.
sub answer
{
    my ($t, $socket) = @_;

    my ($status, $body, %headers) = (undef, '');

    while (1) {
        my $header = take($t, $socket, 5);
        return undef unless defined $header && length $header == 5;

        my ($length, $type) = unpack 'N C', $header;
        my $data = $length ? take($t, $socket, $length) : '';

        if ($type == 2) {
            ($status) = unpack 'n', $data;
            %headers = unpack 'x14 (N/a*)*', $data;
        }
        $body .= $data if $type == 3;
        return [$status, $body, \%headers] if $type == 4;
    }
}

1;
