# Idempotency-Key: a request that is sent again has its effect once and is
# answered as before; a key is good for one request of one person.

use lib 't/lib';
use Audience::Test;

my $t = Audience::Test->start;
my $csv = "phoneNumber,name\n+5511987654321,Ana\n+5511987654322,Bia\n";


sub create
{
    my ($name, $key, %who) = @_;

    return $t->post('/v1/audiences', { name => $name,
                                       filter => { all => [] } },
                    headers => { 'Idempotency-Key' => $key }, %who);
}


sub audiences
{
    my ($name, %who) = @_;
    return scalar grep { $_->{name} eq $name }
        @{ $t->get('/v1/audiences?limit=1000', %who)->{json}{items} };
}


sub imports { scalar @{ $t->get('/v1/imports?limit=1000')->{json}{items} } }
sub spooled { my @files = glob "$t->{root}/spool/demo/*"; scalar @files }


subtest 'the same request again' => sub {
    my $first = create('Once', 'k-1');
    my $again = create('Once', 'k-1');

    is($first->{status}, 201, 'is created');
    is($first->{headers}{'idempotency-replayed'}, undef, 'for the first time');
    is($again->{status}, 201, 'is answered as before');
    is($again->{text}, $first->{text}, 'with the same body');
    is($again->{headers}{location}, $first->{headers}{location},
       'and the same Location');
    is($again->{headers}{'idempotency-replayed'}, 'true', 'and says so');
    is(audiences('Once'), 1, 'there is one');

    $t->restart_worker;
    is(create('Once', 'k-1')->{json}{id}, $first->{json}{id},
       'after a restart too');
    is(audiences('Once'), 1, 'there is still one');
};

subtest 'another request' => sub {
    my $r = create('Another', 'k-1');

    is($r->{status}, 422, 'is refused');
    is($r->{json}{type}, '/problems/idempotency-key-reused', 'with a problem');
    is(audiences('Another'), 0, 'and not done');
    is(create('Another', 'k-2')->{status}, 201, 'with another key it is');
    is(create('Another', '')->{status}, 201, 'and without one');
    is(audiences('Another'), 2, 'twice, then');
};

subtest 'a key belongs to a person of a tenant' => sub {
    my $mine = create('Once', 'k-1')->{json}{id};

    isnt(create('Once', 'k-1', user => 'b@example.com')->{json}{id}, $mine,
         'not to another person');
    isnt(create('Once', 'k-1', tenant => 'other')->{json}{id}, $mine,
         'nor to another tenant');
    is(audiences('Once'), 2, 'each has one of its own');
};

subtest 'a refused request uses no key' => sub {
    is(create('', 'k-3')->{status}, 422, 'a mistake');
    is(create('Corrected', 'k-3')->{status}, 201, 'is corrected');
};

subtest 'keys have a limit' => sub {
    is(create('Long', 'k' x 255)->{status}, 201, '255 bytes');

    my $r = create('Long', 'k' x 256);
    is($r->{status}, 400, '256 bytes');
    is($r->{json}{type}, '/problems/idempotency-key-too-long',
       'with a problem');
};

subtest 'at the same time' => sub {
    my $body = '{"name":"Race","filter":{"all":[]}}';
    my @sockets = map { $t->connect } 1 .. 20;

    print {$_} "POST /v1/audiences HTTP/1.1\r\nHost: localhost\r\n"
        . "X-Tenant: demo\r\nX-User: demo\@example.com\r\n"
        . "Connection: close\r\nContent-Type: application/json\r\n"
        . "Idempotency-Key: race\r\n"
        . 'Content-Length: ' . length($body) . "\r\n\r\n$body"
        for @sockets;

    my @answers = map { Audience::Client::read_answer($_, $t->seconds(120)) }
                  @sockets;
    my %ids = map { $_->{json}{id} => 1 }
              grep { $_->{status} == 201 } @answers;
    my @other = grep { $_->{status} != 201 && $_->{status} != 409 } @answers;

    is(scalar keys %ids, 1, 'one is created, or told again');
    is(scalar @other, 0, 'the others are told to come back');
    is(audiences('Race'), 1, 'there is one');
};

subtest 'an upload' => sub {
    my %key = (headers => { 'Idempotency-Key' => 'u-1' });
    my $first = $t->upload('crm.csv', $csv, %key);

    is($first->{status}, 202, 'is accepted');
    $t->wait_import($first->{json}{id});

    my $again = $t->upload('crm.csv', $csv, %key);
    is($again->{status}, 202, 'again');
    is($again->{json}{id}, $first->{json}{id}, 'the same import');
    is($again->{headers}{location}, $first->{headers}{location},
       'at the same place');
    is($t->upload('crm.csv', $csv, %key, chunked => 7)->{json}{id},
       $first->{json}{id}, 'in pieces too');
    is($t->upload('crm.csv', $csv, %key, multipart => 1)->{json}{id},
       $first->{json}{id}, 'and as a form');

    for my $other (['crm.csv', "${csv}+5511987654323,Caio\n"],
                   ['other.csv', $csv])
    {
        my $r = $t->upload(@$other, %key);
        is($r->{status}, 422, 'another file is refused');
        is($r->{json}{type}, '/problems/idempotency-key-reused',
           'with a problem');
    }

    is(imports(), 1, 'there is one import');
    is(spooled(), 0, 'and nothing in the spool');
};

subtest 'what the request was about is gone since' => sub {
    my $import = $t->import_file('two.csv', "phoneNumber,name\n"
                                 . "+5511987650001,Ana\n+5511987650002,Bia\n");
    my $audience = create('Short', 'g-1')->{json}{id};
    my $export = $t->post("/v1/audiences/$audience/exports", {},
                          headers => { 'Idempotency-Key' => 'g-2' });
    my $rule = $t->post('/v1/resolution/rules', { type => 'together',
        one => [ map { { import => $import->{id}, line => $_ } } 2, 3 ] });
    $t->wait_job($rule->{json}{job});

    my @delete = ("/v1/resolution/rules/$rule->{json}{id}",
                  headers => { 'Idempotency-Key' => 'g-3' });
    my $gone = $t->delete(@delete);
    is($gone->{status}, 202, 'a rule goes');
    $t->wait_job($gone->{json}{job});
    is($t->get($delete[0])->{status}, 404, '… is gone');

    my $again = $t->delete(@delete);
    is($again->{status}, 202, '… and its deletion is answered as before');
    is($again->{json}{job}, $gone->{json}{job}, '… with the same job');

    $t->wait_export($export->{json}{id});
    is($t->delete("/v1/audiences/$audience")->{status}, 204,
       'an audience goes');
    $again = $t->post("/v1/audiences/$audience/exports", {},
                      headers => { 'Idempotency-Key' => 'g-2' });
    is($again->{json}{id}, $export->{json}{id},
       '… and the export that was asked for is told again');
};

subtest 'an upload that the worker was killed over' => sub {
    my %key = (headers => { 'Idempotency-Key' => 'u-2' });

    $t->stop_worker;
    $t->start_worker(env => { AUDIENCE_FAULT => 'import:started' });

    my $first = $t->upload('kill.csv', $csv, %key);
    is($first->{status}, 202, 'was accepted');
    $t->reap('worker', 120);
    $t->start_worker;

    my $again = $t->upload('kill.csv', $csv, %key);
    is($again->{json}{id}, $first->{json}{id}, 'is the same import');
    is($t->wait_import($first->{json}{id})->{state}, 'succeeded',
       'and succeeds');
    is(imports(), 3, 'once');
    $t->wait_for('the spool to be empty', sub { spooled() == 0 });
};

$t->finish;
