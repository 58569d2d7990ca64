# The worker killed with -9 at each point of an import of lines that matters, and
# of its undoing: what was accepted is there once, with its labels and counts.

use lib 't/lib';
use Audience::Test;
use JSON::PP ();

my $t = Audience::Test->start(worker => { 'import.area_code' => '11' });
my $json = JSON::PP->new->canonical;
my $n = 0;


sub phone { sprintf '+5511987%06d', $_[0] }


sub fields
{
    my ($phone) = @_;
    return $t->query({ field => 'phoneNumber', op => 'equals', value => $phone })
             ->{profiles}[0]{fields} // {};
}


# Starts a worker that kills itself at that point of the next such job, asks it
# for one, and starts the next worker.
sub killed
{
    my ($point, $ask) = @_;

    $t->stop_worker;
    $t->start_worker(env => { AUDIENCE_FAULT => $point });
    my $r = $ask->();
    is($r->{status}, 202, "$point: is accepted") or diag(explain($r));
    my $status = $t->reap('worker', 120);
    is($status && $status & 127, 9, '… the worker is killed');
    $t->start_worker;
    return $r;
}


sub lines
{
    my ($path, @lines) = @_;
    return $t->post($path, join('', map { $json->encode($_) . "\n" } @lines),
                    type => 'application/x-ndjson');
}


sub imported
{
    my ($r) = @_;
    my $import = $t->wait_import($r->{json}{id});
    $t->wait_visible;
    is($import->{state}, 'succeeded', '… succeeds after the start');
    return $import;
}


for my $point (qw(started prepared committed returned)) {
    my $phone = phone(++$n);
    my @lines = map { { id => "c-$n", phone => $phone, messages => [
        { at => "2026-11-01T12:0$_:00Z", from => 'customer',
          text => $_ == 1 ? 'Oi' : 'Quero comprar! Nossa, muito caro.' }] } } 1 .. 2;

    imported(lines('/v1/conversations', $lines[0]));
    my $grown = killed("import:$point", sub { lines('/v1/conversations', @lines) });
    my $rows = imported($grown)->{rows};
    is_deeply([@$rows{qw(imported duplicates)}], [1, 1],
              '… what was there is a duplicate');
    is($t->get("/v1/conversations/c-$n")->{json}{message_count}, 2,
       '… each message counts once');
    is(join(' ', @{ fields($phone) }{qw(purchaseIntention priceSensitivity)}),
       'intent sensitive', '… labels are of all that was said');

    my $undone = killed("resolve:$point", sub {
        $t->delete("/v1/imports/$grown->{json}{id}") });
    $t->wait_job($undone->{json}{undo}{job});
    $t->wait_visible;
    is($t->get("/v1/conversations/c-$n")->{json}{message_count}, 1,
       '… an undone line is gone');
    is(fields($phone)->{purchaseIntention}, 'other', '… with its labels');
}

for my $point (qw(prepared committed)) {
    my $phone = phone(++$n);

    my $r = killed("import:$point", sub {
        $t->put('/v1/conversations/c-1/labels', '{"sentiment": "positive"}') });
    imported($r);
    is($t->get('/v1/conversations/c-1')->{json}{labels}{sentiment}{value},
       'positive', '… a correction counts');
    is(fields(phone(1))->{sentiment}, 'positive', '… for the profile, too');

    imported(killed("import:$point", sub {
        lines('/v1/extras', { phone => $phone, extras => { loja => $point } }) }));
    is(fields($phone)->{'extra.loja'}, $point, '… extras are there');

    my @events = map { { id => "e-$n-$_", campaign => 'Natal', phone => $phone,
                         status => 'sent', at => "2026-11-01T12:0$_:00Z" } } 1 .. 3;
    imported(killed("import:$point", sub {
        lines('/v1/campaigns/events', @events) }));
    is(fields($phone)->{'campaign.Natal.sent'}, 3, '… an event counts once');
    is(imported(lines('/v1/campaigns/events', @events))->{rows}{duplicates}, 3,
       '… also when it is sent again');
}

$t->finish;
