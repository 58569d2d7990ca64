# What comes in as lines of JSON: contact extras and campaign events become
# fields of people, each line by itself, each event once.

use lib 't/lib';
use Audience::Test;
use Digest::SHA qw(sha256);
use JSON::PP ();

my $t = Audience::Test->start(worker => { 'import.area_code' => '11' });
my $json = JSON::PP->new->canonical;


sub lines
{
    my ($path, $lines, %how) = @_;

    my $body = join '', map { (ref $_ ? $json->encode($_) : $_) . "\n" } @$lines;
    return $t->post($path, $body, type => 'application/x-ndjson', %how);
}


# The batch, once it is visible.
sub taken
{
    my ($path, $lines, %how) = @_;

    my $r = lines($path, $lines, %how);
    is($r->{status}, 202, "$path takes lines") or diag(explain($r));
    my $import = $t->wait_import($r->{json}{id}, %how);
    $t->wait_visible(%how);
    return wantarray ? ($import, $r) : $import;
}


sub person
{
    my ($phone, %how) = @_;

    my $found = $t->query({ field => 'phoneNumber', op => 'equals',
                            value => $phone }, %how);
    return undef if @{ $found->{profiles} } != 1;

    my %fields = %{ $found->{profiles}[0]{fields} };
    delete @fields{qw(created_at updated_at sources)};
    return \%fields;
}


sub kinds
{
    my $list = $t->get('/v1/fields', @_)->{json};
    return { map { $_->{name} => "$_->{kind} $_->{type}" }
             @{ $list->{items} || $list->{fields} || $list } };
}


# --- extras -------------------------------------------------------------------

$t->import_file('crm.csv', "phoneNumber,email,name\n11987654321,,Ana\n"
                           . "11987654322,bia\@x.com,Bia\n");

my ($import, $r) = taken('/v1/extras', [
    { phone => '+5511987654321', extras => { loja => 'Centro', pedidos => 3,
                                             vip => JSON::PP::true } },
    '{"email": "BIA@x.com", "extras": {"loja": "=Sul", "cupom": null}}',
    { phone => '11987654399', extras => { loja => 'Norte' } },
]);
is($r->{headers}{location}, "/v1/imports/$import->{id}", 'it is an import');
is_deeply([@{ $r->{json} }{qw(kind accepted refused errors)}],
          ['extras', 3, 0, []], '… that says what it took');
is_deeply($import->{profiles}, { created => 1, updated => 2, joined => 0 },
          'two contacts were known, one is new');
is_deeply(person('+5511987654321'),
          { phoneNumber => '+5511987654321', name => 'Ana',
            'extra.loja' => 'Centro', 'extra.pedidos' => 3,
            'extra.vip' => 'true' }, 'extras are fields');
is(person('+5511987654322')->{'extra.loja'}, '=Sul',
   '… by any identifier, as they were sent');
is_deeply({ map { $_ => kinds()->{$_} } qw(extra.loja extra.pedidos extra.vip) },
          { 'extra.loja' => 'extra text', 'extra.pedidos' => 'extra number',
            'extra.vip' => 'extra yes_no' }, '… of their kind and type');
is($t->count({ all => [
       { field => 'extra.loja', op => 'equals', value => 'centro' },
       { field => 'extra.pedidos', op => 'greater_than', value => 2 } ] }), 1,
   '… for filters');

taken('/v1/extras', [{ phone => '11987654321', extras => { loja => 'Leste' } }]);
is(person('+5511987654321')->{'extra.loja'}, 'Leste', 'the newest word wins');
is(person('+5511987654321')->{'extra.pedidos'}, 3, '… of each extra');


# --- lines that are refused ---------------------------------------------------

my $long = 'x' x (5 * 1024 * 1024);
($import, $r) = taken('/v1/extras', [
    { phone => '11987654321', extras => { a => 1 } },
    '{"phone": "11987654321", "extras": {"a": "' . $long . '"}}',
    "{\"phone\": \"11987654321\", \"extras\": {\"a\": \"\xff\xfe\"}}",
    'nonsense',
    '',
    '["phone"]',
    { phone => '12', extras => { a => 1 } },
    { email => 'nobody', extras => { a => 1 } },
    { taxDocument => '12345678900', extras => { a => 1 } },
    { extras => { a => 1 } },
    { phone => '11987654321', extra => { a => 1 } },
    { phone => '11987654321', extras => {} },
    { phone => '11987654321', extras => { 'a/b' => { c => 1 } } },
    { phone => '11987654321', extras => { ' a' => 1 } },
    '{"phone": "1", "phone": "11987654321", "extras": {"a": 1}}',
    { phone => 11987654321, extras => { a => 1 } },
    { phone => '11987654322', extras => { a => 'é ok' } },
]);
is_deeply([@{ $r->{json} }{qw(accepted refused)}], [2, 14],
          'a line that is wrong is refused alone');
is_deeply([map { "$_->{line} $_->{pointer}" } @{ $r->{json}{errors} }],
          ['2 ', '3 ', '4 ', '6 ', '7 /phone', '8 /email', '9 /taxDocument',
           '10 ', '11 ', '12 /extras', '13 /extras/a~1b', '14 /extras/ a',
           '15 ', '16 /phone'], '… with its number and what is wrong in it');
is_deeply([@{ $import->{rows} }{qw(read imported rejected)}], [16, 2, 14],
          '… and the import counts the same');
like($t->get("/v1/imports/$import->{id}/errors.csv")->{text},
     qr{^7,/phone,.*\n8,/email,}m, '… and keeps the reasons');

$r = lines('/v1/extras', ['{}', 'x']);
is($r->{status}, 422, 'nothing that is right is a 422');
is($r->{json}{type}, '/problems/no-line-accepted', '… of its own type');
is_deeply([map { $_->{row} } @{ $r->{json}{errors} }], [1, 2], '… with lines');
is(lines('/v1/extras', [])->{status}, 422, 'so is nothing at all');
is($t->post('/v1/extras', '{}', type => 'text/csv')->{status}, 415,
   'a body of another type is none');
is($t->post('/v1/extras', "\n" x (11 * 1024 * 1024),
            type => 'application/x-ndjson')->{status}, 413,
   'nor is one that is too large');
ok(!glob("$t->{root}/spool/*/*"), 'nothing is left in the spool');


# --- once ---------------------------------------------------------------------

my @key = (headers => { 'Idempotency-Key' => 'batch-1' });
my @once = ([{ phone => '11987654377', extras => { a => 1 } }], @key);
$r = lines('/v1/extras', @once);
is(lines('/v1/extras', @once)->{json}{id}, $r->{json}{id},
   'a key gives the same batch again');
is(lines('/v1/extras', [{ phone => '11987654377', extras => { a => 2 } }],
         @key)->{status}, 422, '… but not for other lines');
$t->wait_import($r->{json}{id});


# --- campaigns ----------------------------------------------------------------

my $n = 0;
sub event
{
    my ($phone, $status, $at, %more) = @_;

    return { id => 'e-' . ++$n, campaign => 'Black Friday', phone => $phone,
             status => $status, at => "2026-11-0${at}T12:00:00Z", %more };
}

my @c = (tenant => 'campaigns');
my @events = map { event('11987654321', @$_) }
             ['sent', 1], ['read', 2], ['delivered', 1], ['sent', 3];
$import = taken('/v1/campaigns/events',
                [@events, event('11987654322', 'sent', 1),
                 event('11987654322', 'failed', 1)], @c);
is_deeply($import->{profiles}, { created => 2, updated => 0, joined => 0 },
          'events make people');
my $ana = {
    phoneNumber => '+5511987654321', 'campaign.Black Friday' => 'read',
    'campaign.Black Friday.sent' => 2, 'campaign.Black Friday.read' => 1,
    'campaign.Black Friday.last_at' => '2026-11-03T12:00:00Z',
};
is_deeply(person('+5511987654321', @c), $ana,
          'the furthest status, how often, when last');
my $said = $t->get('/v1/profiles?phone=11987654321', @c)->{json}{items}[0]{id};
$said = $t->get("/v1/profiles/$said", @c)->{json}{provenance};
is_deeply([map { my $of = $said->{"campaign.Black Friday$_"};
                 [@{$of}{qw(value line)}, map { $_->{line} }
                  @{ $of->{records} || [] }] } '', '.sent', '.last_at'],
          [['read', 2], [2, 4, 1, 4], ['2026-11-03T12:00:00Z', 4]],
          '… and which event each came from');
is(person('+5511987654322', @c)->{'campaign.Black Friday'}, 'failed',
   'what failed was sent');
is_deeply([@{ kinds(@c) }{map { "campaign.Black Friday$_" }
                          '', '.sent', '.last_at'}],
          ['campaign text', 'campaign number', 'campaign date'],
          'fields of a campaign have their kind');

$import = taken('/v1/campaigns/events',
                [$events[1], $events[0], $events[0],
                 event('11987654321', 'replied', 4),
                 event('11987654321', 'sent', 2, campaign => 'Natal')], @c);
is($import->{rows}{duplicates}, 3, 'an event counts once, whatever batch');
$ana = { %$ana, 'campaign.Black Friday' => 'replied',
         'campaign.Black Friday.replied' => 1,
         'campaign.Black Friday.last_at' => '2026-11-04T12:00:00Z',
         'campaign.Natal' => 'sent', 'campaign.Natal.sent' => 1,
         'campaign.Natal.last_at' => '2026-11-02T12:00:00Z' };
is_deeply(person('+5511987654321', @c), $ana, '… and adds to those before');

my $log = join '', map { $t->read_file($_) } glob $t->root . '/db/*.log';
ok(index($log, substr(sha256('ide-1'), 0, 8)) < 0,
   '… of which nothing is kept that could be found by trying');

my %same = (campaign => 'Natal', phone => '11987654322', status => 'sent',
            at => '2026-11-05T00:00:00Z');
$import = taken('/v1/campaigns/events',
                [{ %same }, { %same }, { %same, at => '2026-11-05T00:00:01Z' }],
                @c);
is($import->{rows}{duplicates}, 1, 'without an id, one that says the same');

$r = lines('/v1/campaigns/events', [
    { %same, status => 'opened' }, { %same, at => 'yesterday' },
    { %same, at => '2999-01-01T00:00:00Z' }, { %same, campaign => 'a.sent' },
    { %same, campaign => '' }, { %same, id => 7 },
], @c);
is_deeply([map { $_->{pointer} } @{ $r->{json}{errors} }],
          ['/status', '/at', '/at', '/campaign', '/campaign', '/id'],
          'events that are none are refused');

my @bom = (tenant => 'windows');
my $bom = "\xef\xbb\xbf";
my $extras = '{"phone": "11987654329", "extras": {"loja": "Sul"}}';
$r = $t->post('/v1/extras', "$bom$extras\r\n$bom$extras\r\n", @bom,
              type => 'application/x-ndjson');
is_deeply([map { $_->{line} } @{ $r->{json}{errors} }], [2],
          'a mark of UTF-8 may stand before the first line, as Windows writes it');
is($t->wait_import($r->{json}{id}, @bom)->{rows}{imported}, 1, '… which is taken');

# Numbers, however they are written.

my @scores = qw(0.00005 2.5e-7 1e3 -0.0 -4E-5 0.1 1e-30 12);
taken('/v1/extras', [map { qq({"phone": "119876543$_->[0]",)
                           . qq( "extras": {"score": $_->[1]}}) }
                     map { [40 + $_, $scores[$_]] } 0 .. $#scores],
      tenant => 'scores');
is_deeply([map { person('+55119876543' . (40 + $_), tenant => 'scores')
                   ->{'extra.score'} } 0 .. $#scores],
          [qw(0.00005 0.00000025 1000 0 -0.00004 0.1 0 12)],
          'a number has no exponent');
is($t->count({ field => 'extra.score', op => 'less_than', value => 0.001 },
             tenant => 'scores'), 5, '… and the field is one of numbers');


# --- a rebuild, and undoing -----------------------------------------------------

my $before = person('+5511987654321', @c);
my $generation = $t->query({ all => [] }, @c)->{generation};
$t->stop_worker;

for my $segment (glob "$t->{root}/segments/campaigns/*.seg") {
    open my $file, '+<', $segment or die "$segment: $!";
    seek $file, 200, 0;
    print $file "\xa5\x5a\xa5\x5a";
}

$t->expect_worker(qr/"base unusable"/);
$t->start_worker;
$t->wait_for('the base to be made anew', sub {
    $t->query({ all => [] }, @c)->{generation} > $generation
});
is_deeply(person('+5511987654321', @c), $before,
          'a base that is made anew from its records is the same');

$import = $t->get('/v1/imports?kind=campaigns', @c)->{json}{items};
is(@$import, 3, 'batches stand among the imports, by their kind');
is(@{ $t->get('/v1/imports?kind=extras', @c)->{json}{items} }, 0, '… alone');
my ($second) = grep { $_->{rows}{duplicates} == 3 } @$import;
is($t->delete("/v1/imports/$second->{id}", @c)->{status}, 202,
   'a batch can be undone');
$t->wait_state("/v1/imports/$second->{id}", qr/^undone$/, @c);
$t->wait_visible(@c);
is_deeply(person('+5511987654321', @c), {
    phoneNumber => '+5511987654321', 'campaign.Black Friday' => 'read',
    'campaign.Black Friday.sent' => 2, 'campaign.Black Friday.read' => 1,
    'campaign.Black Friday.last_at' => '2026-11-03T12:00:00Z',
}, '… and is as if it had never been');
$import = taken('/v1/campaigns/events',
                [event('11987654321', 'sent', 9, id => 'e-7')], @c);
is($import->{rows}{duplicates}, 0, '… so its events may come again');


# --- a contact list cannot write them ---------------------------------------------

$t->import_file('odd.csv', "phoneNumber,campaign.Natal,extra.loja\n"
                           . "11987654321,replied,Oeste\n", @c);
is(person('+5511987654321', @c)->{'campaign.Natal (imported)'}, 'replied',
   'what a list says of a campaign is a behaviour');
is(person('+5511987654321', @c)->{'extra.loja'}, 'Oeste',
   '… but it may bring extras');


# --- other tenants, no worker ---------------------------------------------------------

is($t->get("/v1/imports/$second->{id}", tenant => 'other')->{status}, 404,
   'another tenant sees nothing of it');
$t->stop_worker;
is(lines('/v1/extras', [{ phone => '11987654321', extras => { a => 1 } }])
   ->{status}, 503, 'without a worker nothing is accepted');
ok(!glob("$t->{root}/spool/*/*"), '… and nothing kept');

$t->finish;
