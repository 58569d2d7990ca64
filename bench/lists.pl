#!/usr/bin/perl
#
# bench/lists.pl
#
# A tenant with a hundred thousand audiences, and a field with fifty thousand
# values among two hundred thousand people: what it takes to make one audience
# more, to list them in any order, to open one, to open a person, to be offered
# values.  Beside each call nginx's own static file of as many bytes, asked for
# in turn with it; and `return 200` of the same nginx worker, asked for without
# a pause meanwhile: its slowest answers say for how long the worker's event loop
# was kept.  Processor time of nginx and worker for a call depends less on what
# else the machine does than its duration.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../t/lib", "$FindBin::Bin/lib";

use Audience::Bench;
use Audience::Lists;
use Audience::Test;
use File::Path ();
use JSON::PP ();
use POSIX ();
use Time::HiRes qw(time sleep);

my ($loaded, $made) = lists_base();
my $root = copy_of($loaded);
my $calls = size(60, 20);
my $t = Audience::Test->start(root => $root,
    http => 'access_log off; keepalive_requests 100000000;',
    server => "location = /bench/return { return 200; }
               location /bench/file/ { alias $root/; }");
my $json = JSON::PP->new->utf8->canonical;


# A sub that sends a request over a connection that stays, and gives the body.
sub keep
{
    my $socket = $t->connect;

    return sub {
        my ($method, $path, $body) = @_;
        my $answer = '';

        syswrite $socket, "$method $path HTTP/1.1\r\nHost: bench\r\n"
            . "X-Tenant: demo\r\nX-User: demo\@example.com\r\n"
            . (defined $body ? "Content-Type: application/json\r\n"
               . "Content-Length: " . length($body) . "\r\n\r\n$body" : "\r\n");

        Audience::Bench::read_more($socket, \$answer)
            while $answer !~ /\r\n\r\n/;

        my ($head, $text) = split /\r\n\r\n/, $answer, 2;
        my ($length) = $head =~ /^Content-Length: (\d+)/mi;

        Audience::Bench::read_more($socket, \$text)
            while length $text < $length;
        die "$path: $head\n$text\n" if $head !~ m{^HTTP/1.1 20};
        return $text;
    };
}


my $ask = keep();


sub percentile
{
    my ($p, @sorted) = (shift, sort { $a <=> $b } @_);

    return $sorted[$p * $#sorted];
}


# Seconds of processor of nginx's worker and of audience-worker.
sub processor
{
    my $sum = nginx_cpu($t);
    my @field = split ' ', slurp('/proc/' . $t->pid('worker') . '/stat')
                           =~ s/.*\)//sr;

    return $sum + ($field[11] + $field[12])
                  / POSIX::sysconf(POSIX::_SC_CLK_TCK());
}


# Asks for `return 200` without a pause until told to end, and gives a sub that
# tells in milliseconds how long the slowest hundredth and the slowest took.
sub watched
{
    pipe my $from, my $to or die "pipe: $!";
    my $pid = fork // die "fork: $!";

    if ($pid == 0) {
        my ($end, @took) = 0;
        my $return = keep();
        local $SIG{TERM} = sub { $end = 1 };

        while (!$end) {
            push @took, 1000 * timed(sub { $return->('GET', '/bench/return') });
            sleep 0.0005;
        }
        printf {$to} "%f %f\n", percentile(0.99, @took), percentile(1, @took);
        close $to;
        POSIX::_exit(0);
    }

    close $to;
    return sub {
        kill 'TERM', $pid;
        waitpid $pid, 0;
        return split ' ', readline $from;
    };
}


my @rows;


sub measure
{
    my ($name, $request) = @_;
    my (@ours, @file, @request);
    my $size = length $ask->($request->(0));

    open my $file, '>', "$root/static" or die "$root: $!";
    print {$file} 'x' x $size;
    close $file;

    my $watched = watched();
    my $processor = 0;

    for my $i (1 .. $calls) {
        my $before = processor();

        @request = $request->($i);
        push @ours, 1000 * timed(sub { $ask->(@request) });
        $processor += processor() - $before;
        push @file, 1000 * timed(sub { $ask->('GET', '/bench/file/static') });
    }

    push @rows, [$name, $size, percentile(0.5, @ours), percentile(0.99, @ours),
                 percentile(0.5, @file),
                 percentile(0.5, @ours) / percentile(0.5, @file),
                 1000 * $processor / $calls, $watched->()];
}


sub get { my ($path) = @_; return sub { ('GET', $path) } }


my $first = $json->decode($ask->('GET', '/v1/audiences?limit=50'));
my $id = $first->{items}[7]{id};
my $person = $json->decode($ask->('POST', '/v1/query',
    '{"filter":{"all":[]},"limit":1}'))->{profiles}[0]{id};

my $rest = watched();
sleep 3;
my @rest = $rest->();

measure('make an audience', sub {
    ('POST', '/v1/audiences',
     $json->encode(Audience::Lists::audience(10_000_000 + $_[0])))
});
measure('list', get('/v1/audiences?limit=50'));
measure('list, next page', get("/v1/audiences?limit=50&cursor=$first->{next}"));
measure('list, search', get('/v1/audiences?limit=50&q=ouro'));
measure('list, search, none', get('/v1/audiences?limit=50&q=nada'));
measure('list, type', get('/v1/audiences?limit=50&type=manual'));
measure("list, $_", get("/v1/audiences?limit=50&sort=$_"))
    for '-size', 'name', '-updated';
measure('an audience', get("/v1/audiences/$id"));
measure('its overlaps', get("/v1/audiences/$id/overlaps?limit=8"));
measure('a person', get("/v1/profiles/$person"));
measure("a person's audiences", get("/v1/profiles/$person/audiences?limit=100"));
measure('fields', get('/v1/fields'));
measure('values of a field', get('/v1/fields/codigo/values?limit=20'));
measure("values, \"$_\"", get("/v1/fields/codigo/values?limit=20&q=$_"))
    for 'c', 'c12', '123';
measure('count by an audience', sub {
    ('POST', '/v1/query', qq({"filter":{"audience":"$id"},"limit":0}))
});

printf "\n%s audiences, %d people, %d values\n", AUDIENCES, PEOPLE, VALUES;
printf "making them, each tenth, ms each: %s\n", join ' ', map { figure($_) } @$made
    if @$made;
printf "return 200 meanwhile, at rest: 99th percentile %s ms, slowest %s ms\n\n",
       map { figure($_) } @rest;
printf "%-22s %8s %9s %9s %9s %8s %9s %10s %10s\n", '', 'bytes', 'median', 'p99',
       'file', 'ratio', 'cpu', 'return p99', 'slowest';
printf "%-22s %8d %9s %9s %9s %8s %9s %10s %10s\n", @$_[0, 1],
       map { figure($_) } @$_[2 .. 8] for @rows;

$t->stop_worker;
$t->stop_nginx;
File::Path::remove_tree($root);
