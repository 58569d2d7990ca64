# Users: changes of one record follow each other.

use lib 't/lib';
use Audience::Test;
use Audience::Frames;

my $t = Audience::Test->start(nginx => 0);
my @members = (name => 'Ana', email => 'ana@example.com', language => 'es');


sub put
{
    my ($id, $member, $value) = @_;

    my $socket = dial($t);
    print {$socket} request('PUT', "/v1/users/$id", user => $id,
                            body => qq({"$member":"$value"}));
    return $socket;
}


# Each is sent before the one before was answered.
for my $n (1 .. 20) {
    my $id = "u$n\@example.com";
    my @sockets = map { put($id, @members[2 * $_, 2 * $_ + 1]) } 0 .. 2;
    my @answers = map { answer($t, $_) } @sockets;

    is_deeply([map { $_->[0] } @answers], [200, 200, 200], "$id is changed");
}

my $socket = dial($t);
print {$socket} request('GET', '/v1/users', args => 'limit=100');
my $list = answer($t, $socket)->[1];

is(() = $list =~ /"name":"Ana","email":"ana\@example.com","language":"es"/g,
   20, 'no change was lost');

$t->finish;
