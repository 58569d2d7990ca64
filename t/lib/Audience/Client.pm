# Audience::Client: HTTP calls to a running stack, as the base class of
# Audience::Test, whose opening comment documents them.

package Audience::Client;

use strict;
use warnings;

use Encode ();
use HTTP::Tiny;
use IO::Socket::INET;
use JSON::PP ();

my $json = JSON::PP->new->utf8->canonical->allow_nonref;


sub get     { my $t = shift; $t->call('GET', shift, undef, @_) }
sub head    { my $t = shift; $t->call('HEAD', shift, undef, @_) }
sub delete  { my $t = shift; $t->call('DELETE', shift, undef, @_) }
sub post    { my $t = shift; $t->call('POST', @_) }
sub put     { my $t = shift; $t->call('PUT', @_) }
sub patch   { my $t = shift; $t->call('PATCH', @_) }


# One request on a connection of its own.  $body: a reference is sent as JSON,
# text as it is (bytes), a sub is called for pieces (chunked).
sub call
{
    my ($t, $method, $path, $body, %opt) = @_;

    my %headers = ($t->identity(%opt), %{ $opt{headers} || {} });

    if (defined $body) {
        $headers{'Content-Type'} ||= $opt{type} || 'application/json';
        $body = $json->encode($body)
            if ref $body && ref $body ne 'CODE';
    }

    my $http = HTTP::Tiny->new(keep_alive => 0, max_redirect => 0,
                               timeout => $t->seconds($opt{timeout} || 120));
    my $url = $path =~ m{^http://} ? $path : $t->url . $path;

    my $r = $http->request($method, $url, {
        headers => \%headers, defined $body ? (content => $body) : (),
    });

    return answer($r->{status}, $r->{headers}, $r->{content});
}


# Who asks: the test configuration reads tenant and user from these headers.
sub identity
{
    my ($t, %opt) = @_;

    return ('X-Tenant' => defined $opt{tenant} ? $opt{tenant} : 'demo',
            'X-User' => defined $opt{user} ? $opt{user} : 'demo@example.com');
}


sub answer
{
    my ($status, $headers, $text) = @_;

    my $type = $headers->{'content-type'} || '';
    my $value = $type =~ m{^application/(\w+\+)?json\b}
                ? eval { $json->decode($text) } : undef;

    return { status => $status, headers => $headers, type => $type,
             text => $text, json => $value };
}


# Uploads bytes as a file.  multipart => 1 sends a form, chunked => 1 or a
# number of bytes sends it in pieces, args => 'encoding=latin-1' goes into the
# query string.
sub upload
{
    my ($t, $name, $bytes, %opt) = @_;

    my $path = $opt{path} || '/v1/imports';
    my $type = 'text/csv';
    my @args = defined $opt{args} ? $opt{args} : ();

    if ($opt{multipart}) {
        my $boundary = 'audience-test-boundary';

        $type = "multipart/form-data; boundary=$boundary";
        $bytes = join "\r\n", "--$boundary",
            qq{Content-Disposition: form-data; name="file"; filename="}
            . bytes($name) . '"',
            'Content-Type: text/csv', '', $bytes, "--$boundary--", '';

    } else {
        unshift @args, 'filename=' . escape($name);
    }

    $path .= '?' . join '&', @args if @args;
    $opt{headers} = { 'Content-Type' => $type, %{ $opt{headers} || {} } };

    return $t->post($path, $opt{chunked} ? pieces($bytes, $opt{chunked})
                                         : $bytes, %opt);
}


sub pieces
{
    my ($bytes, $size) = @_;

    my $at = 0;
    $size = 4096 if $size == 1;

    return sub {
        return undef if $at >= length $bytes;
        $at += $size;
        return substr $bytes, $at - $size, $size;
    };
}


sub bytes
{
    my ($text) = @_;
    return utf8::is_utf8($text) ? Encode::encode_utf8($text) : $text;
}


# Percent encoding of a value in a URL.
sub escape
{
    my ($text) = @_;

    $text = bytes($text);
    $text =~ s/([^A-Za-z0-9._~-])/sprintf '%%%02X', ord $1/ge;
    return $text;
}


# A TCP connection to nginx, for requests that no client would make.
sub connect
{
    my ($t, %opt) = @_;

    my $socket = IO::Socket::INET->new(
        PeerAddr => '127.0.0.1', PeerPort => $opt{port} || $t->port,
        Timeout => $t->seconds(120),
    ) or die "connect: $@";

    binmode $socket;
    $socket->autoflush(1);
    return $socket;
}


# Sends these very bytes and reads until nginx closes.  The answer is empty
# (status 0) when there was none.  half_close => 1 ends our side first.
sub raw
{
    my ($t, $bytes, %opt) = @_;

    my $socket = $t->connect(%opt);
    local $SIG{PIPE} = 'IGNORE';

    print {$socket} $bytes;
    shutdown $socket, 1 if $opt{half_close};

    return read_answer($socket, $t->seconds($opt{timeout} || 120));
}


sub read_answer
{
    my ($socket, $seconds, $text) = @_;         # what was read of it already

    my $deadline = time + $seconds;
    $text //= '';

    while (1) {
        my $bits = '';
        vec($bits, fileno $socket, 1) = 1;
        last if time > $deadline;
        last unless select $bits, undef, undef, $deadline - time;
        last unless sysread $socket, $text, 65536, length $text;
    }

    return answer(0, {}, $text) unless $text =~ s{^HTTP/1\.[01] (\d+).*?\r\n}{}s;

    my $status = $1;
    my %headers;

    while ($text =~ s/^([^:\r\n]+): *(.*?)\r\n//) {
        $headers{lc $1} = $2;
    }
    $text =~ s/^\r\n//;

    if (lc($headers{'transfer-encoding'} || '') eq 'chunked') {
        my $body = '';

        while ($text =~ s/^([0-9a-fA-F]+)\r\n// && hex $1) {
            $body .= substr $text, 0, hex $1, '';
            $text =~ s/^\r\n//;
        }
        $text = $body;
    }

    return answer($status, \%headers, $text);
}

1;
