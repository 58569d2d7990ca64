# Conversations come in as lines of JSON, are labelled, and their labels are
# fields of people; labels are corrected, and go with an import or a person.

use lib 't/lib';
use Audience::Test;
use File::Find ();
use JSON::PP ();

my $t = Audience::Test->start(worker => { 'import.area_code' => '11' });
my $json = JSON::PP->new->canonical;

my @labels = qw(purchaseIntention priceSensitivity sentiment);


sub lines
{
    my ($lines, %how) = @_;
    my $body = join '', map { (ref $_ ? $json->encode($_) : $_) . "\n" } @$lines;
    return $t->post('/v1/conversations', $body, type => 'application/x-ndjson',
                    %how);
}


# The batch, once it is visible.
sub taken
{
    my ($lines, %how) = @_;

    my $r = lines($lines, %how);
    is($r->{status}, 202, 'conversations are taken') or diag(explain($r));
    my $import = $t->wait_import($r->{json}{id}, %how);
    $t->wait_visible(%how);
    return wantarray ? ($import, $r) : $import;
}


# What customers say, a minute after each other, each time an hour later.
my $hour = 12;

sub said
{
    my $minute = 0;
    $hour++;
    return [map { { at => sprintf('2026-11-%02dT%02d:%02d:00Z', 1 + $hour / 24,
                                  $hour % 24, $minute++),
                    from => 'customer', text => $_ } } @_];
}


sub talk { my ($id, $phone, @said) = @_;
           return { id => $id, phone => $phone, messages => said(@said) } }


sub labels_of
{
    my ($phone) = @_;
    my $found = $t->query({ field => 'phoneNumber', op => 'equals',
                            value => $phone });
    return join ' ', map { $found->{profiles}[0]{fields}{$_} // '-' } @labels;
}


sub conversation { $t->get("/v1/conversations/$_[0]")->{json} }


sub undo
{
    my ($import) = @_;
    my $r = $t->delete("/v1/imports/$import->{id}");
    is($r->{status}, 202, 'an import is undone');
    $t->wait_job($r->{json}{undo}{job});
    $t->wait_visible;
}


sub correct
{
    my ($id, $labels) = @_;
    my $r = $t->put("/v1/conversations/$id/labels", $json->encode($labels),
                    user => 'maria@example.com');
    is($r->{status}, 202, 'labels are corrected') or diag(explain($r));
    my $import = $t->wait_import($r->{json}{id});
    $t->wait_visible;
    return $import;
}


# --- labels -------------------------------------------------------------------

$t->import_file('crm.csv', "phoneNumber,name,sentiment\n11987654321,Ana,furious\n");

my ($first, $r) = taken([
    { id => 'c-1', phone => '+5511987654321', channel => 'WhatsApp',
      language => 'pt', messages => [
        { id => 'm-1', at => '2026-11-01T12:00:00Z', from => 'customer',
          text => 'Oi! Quero comprar o curso. Quanto custa?' },
        { id => 'm-2', at => '2026-11-01T12:01:00Z', from => 'agent',
          text => 'Custa R$ 900,00.' },
        { id => 'm-3', at => '2026-11-01T12:02:00Z', from => 'customer',
          text => 'Nossa, muito caro! Tem desconto?' } ] },
    { phone => '11987654322', messages => said('Bom dia', 'Odiei, péssimo atendimento!') },
]);
is_deeply([@{ $r->{json} }{qw(kind accepted refused)}], ['conversations', 2, 0],
          'the call says what it took');
is($r->{headers}{location}, "/v1/imports/$first->{id}", '… as an import');
is_deeply([@{ $first->{rows} }{qw(read imported duplicates)}], [2, 2, 0],
          '… whose rows they are');
like(labels_of('+5511987654321'), qr/^intent sensitive /, 'labels are fields');
like(labels_of('+5511987654322'), qr/^other - negative$/,
     '… none where price never came up');

my %fields = map { $_->{name} => $_ } @{ $t->get('/v1/fields')->{json}{items}
                                      || $t->get('/v1/fields')->{json}{fields} };
is($fields{$_}{kind}, 'label', "$_ is a label") for @labels;
is($fields{'sentiment (imported)'}{kind}, 'behaviour',
   'a column of a file of contacts is none');
is($t->count({ field => 'priceSensitivity', op => 'equals',
               value => 'sensitive' }), 1, 'filters use them');
is($t->count({ field => 'priceSensitivity', op => 'not_exists' }), 1,
   '… also where there is none');

my $c = conversation('c-1');
is_deeply([@$c{qw(id channel language message_count first_at last_at)}],
          ['c-1', 'WhatsApp', 'pt', 3, '2026-11-01T12:00:00Z',
           '2026-11-01T12:02:00Z'], 'a conversation is shown');
is_deeply($c->{contact}, { phone => '+5511987654321' }, '… with its contact');
is_deeply([map { $_->{id} } @{ $c->{messages} }], [qw(m-1 m-2 m-3)],
          '… its messages');
my $price = $c->{labels}{priceSensitivity};
is_deeply([@$price{qw(value by model sentence)}, $price->{message}{id}],
          ['sensitive', 'classifier', 'builtin', 'Nossa, muito caro!', 'm-3'],
          '… and the sentence that shows a label');
like($price->{version}, qr/^builtin-1-[0-9a-f]{16}$/, '… by which version');
ok($price->{confidence} > 0 && $price->{confidence} <= 1, '… how sure');
like($price->{at}, qr/^20.*Z$/, '… and when');

my $profile = $t->get('/v1/profiles?phone=%2B5511987654321')->{json}{items}[0]{id};
my $list = $t->get("/v1/conversations?profile=$profile")->{json};
is_deeply([map { $_->{id} } @{ $list->{items} }], ['c-1'],
          'those of a profile are listed');
ok(!exists $list->{items}[0]{messages}, '… without what was said');
is($t->get('/v1/conversations')->{status}, 400, 'a list is of a profile');
is($t->get('/v1/conversations?profile=prf_none')->{status}, 404, '… that exists');
is($t->get("/v1/conversations?profile=$profile", tenant => 'other')->{status},
   404, "… and not another tenant's");
is($t->get('/v1/conversations/c-1', tenant => 'other')->{status}, 404,
   'nor does another tenant see a conversation');
is($t->get('/v1/conversations/none')->{status}, 404, 'one that is not there');


# --- again, and going on --------------------------------------------------------

my $again = taken([{ id => 'c-1', phone => '11987654321', messages => [
    { id => 'm-1', at => '2026-11-01T12:00:00Z', from => 'customer',
      text => 'changed' } ] }]);
is_deeply([@{ $again->{rows} }{qw(read imported duplicates)}], [1, 0, 1],
          'a message counts once');
is(conversation('c-1')->{message_count}, 3, '… whatever it says then');

my $later = taken([{ id => 'c-1', phone => '11987654321', messages => [
    { id => 'm-0', at => '2026-11-01T11:00:00Z', from => 'bot', text => 'Oi' },
    { id => 'm-4', at => '2026-11-01T12:05:00Z', from => 'customer',
      text => 'Desisto, não quero mais. Péssimo, horrível!' } ] }]);
is_deeply([map { $_->{id} } @{ conversation('c-1')->{messages} }],
          [qw(m-0 m-1 m-2 m-3 m-4)], 'messages come in the order of their time');
is(labels_of('+5511987654321'), 'other sensitive negative',
   '… and labels are those of all that was said');
undo($later);
is_deeply([map { $_->{id} } @{ conversation('c-1')->{messages} }],
          [qw(m-1 m-2 m-3)], 'undoing takes its messages away again');
like(labels_of('+5511987654321'), qr/^intent sensitive /, '… and its labels');
is(conversation('c-1')->{labels}{purchaseIntention}{value}, 'intent',
   '… of the conversation too');

my $other = taken([talk('c-2', '11987654321', 'Obrigada, adorei, maravilhoso!')]);
like(labels_of('+5511987654321'), qr/^other - positive$/,
     'what a contact said last counts, also that there is none');
my $shown = $t->get("/v1/profiles/$profile")->{json};
is($shown->{provenance}{sentiment}{import}, $other->{id},
   '… and where it came from is told');
ok(!exists $shown->{provenance}{priceSensitivity}, '… but not of what is not');
taken([{ %{ talk('c-3', '11987654321', 'Nossa, muito caro! Tem desconto?') },
         labels => { sentiment => 'negative' } }]);
like(labels_of('+5511987654321'), qr/ sensitive /, 'newer ones again');
is_deeply([map { $_->{id} } @{ $t->get("/v1/conversations?profile=$profile")
                                 ->{json}{items} }],
          [qw(c-3 c-2 c-1)], 'the newest comes first');
my $page = $t->get("/v1/conversations?profile=$profile&limit=2")->{json};
is_deeply([(map { $_->{id} } @{ $page->{items} }), $page->{next}],
          [qw(c-3 c-2 c-2)], '… a page at a time');
$page = $t->get("/v1/conversations?profile=$profile&limit=2&cursor=c-2")->{json};
is_deeply([(map { $_->{id} } @{ $page->{items} }), $page->{next}],
          ['c-1', undef], '… to the end');

my $old = talk('c-0', '11987654321', 'Não gostei. Quero cancelar!');
$_->{at} =~ s/2026/2025/ for @{ $old->{messages} };
my $unsaid = { %{ talk('c-bot', '11987654321', 'Promoção!') },
               labels => { sentiment => 'positive' } };
$_->{from} = 'bot' for @{ $unsaid->{messages} };
my $before = labels_of('+5511987654321');
taken([$old, $unsaid]);
is(labels_of('+5511987654321'), $before,
   'an old conversation that is sent later changes nothing, nor does one in '
   . 'which only a bot spoke');
is_deeply([map { $_->{id} } @{ $t->get("/v1/conversations?profile=$profile")
                                 ->{json}{items} }],
          [qw(c-3 c-2 c-1 c-0 c-bot)], '… they are listed behind the others');

my ($foreign) = taken([talk('c-1', '11987654399', 'Olá'),
                       talk('c-9', '11987654399', 'Olá')]);
is_deeply([@{ $foreign->{rows} }{qw(imported rejected)}], [1, 1],
          'a conversation stays with its contact');
like($t->get("/v1/imports/$foreign->{id}/errors.csv")->{text},
     qr{^1,/id,.*another contact}m, '… so it is said');


# --- labels that are sent, and corrected ----------------------------------------

taken([{ %{ talk('c-4', '11987654344', 'Olá, bom dia') },
         labels => { sentiment => 'negative', priceSensitivity => undef } }]);
is(labels_of('+5511987654344'), 'other - negative', 'labels that are sent win');
$c = conversation('c-4');
is($c->{labels}{sentiment}{by}, 'sent', '… and are marked');
ok(!exists $c->{labels}{sentiment}{confidence}, '… without a confidence');

my $correction = correct('c-4', { sentiment => 'positive',
                                  priceSensitivity => 'sensitive' });
is($correction->{kind}, 'labels', 'a correction is an import');
is(labels_of('+5511987654344'), 'other sensitive positive',
   '… that the profile follows');
$c = conversation('c-4');
is_deeply([@{ $c->{labels}{sentiment} }{qw(by user value)}],
          ['person', 'maria@example.com', 'positive'], '… and is marked');
taken([{ id => 'c-4', phone => '11987654344',
         labels => { sentiment => 'neutral' },
         messages => [{ at => '2026-11-02T12:00:00Z', from => 'customer',
                        text => 'Odiei, péssimo! Quero cancelar.' }] }]);
is(labels_of('+5511987654344'), 'other sensitive positive',
   'a correction stays, whatever comes');
correct('c-4', { priceSensitivity => undef });
is(labels_of('+5511987654344'), 'other - positive',
   'that price never came up is a correction too');

correct('c-1', { sentiment => 'neutral' });
is(conversation('c-1')->{labels}{sentiment}{by}, 'person',
   'a conversation that was not the last to speak is corrected');
like(labels_of('+5511987654321'), qr/ sensitive negative$/,
     '… and its contact is what was said last');

taken([{ %{ talk('c-5', '11987654345', 'Muito caro!') },
         labels => { priceSensitivity => 'none' } }]);
like(labels_of('+5511987654345'), qr/^\w+ - /, 'none is as good as null');
is(conversation('c-5')->{labels}{priceSensitivity}{value}, undef, '… and kept so');

my @wrong = map { $t->put('/v1/conversations/c-4/labels', $json->encode($_)) }
    ({ sentiment => 'sad' }, { mood => 'sad' }, { sentiment => undef }, {});
is_deeply([map { $_->{status} } @wrong], [422, 422, 422, 422],
          'labels are of closed sets');
like($wrong[0]{json}{detail}, qr/^sentiment: It is none of positive, negative/,
     '… that are told');
is($t->put('/v1/conversations/c-4/labels', '{"sentiment": "positive"}',
           tenant => 'other')->{status}, 404,
   "another tenant's conversation cannot be corrected");
ok(!glob("$t->{root}/spool/*/*"), 'nothing is left in the spool');


# --- a conversation of two people, and what comes again --------------------------

my ($p1, $p2) = ('11987654361', '11987654362');
my $of = sub { my ($r) = @_; { import => $r->{id}, line => 1 } };
my $r1 = taken([talk('c-two', $p1, 'Oi')]);
my $r2 = taken([{ %{ talk('c-two', $p1, 'Tudo bem?') }, email => 'two@example.com' }]);
my $r3 = taken([{ id => 'c-two', email => 'two@example.com', phone => $p2,
                  messages => said('Quanto custa?') }]);
my $rule = $t->post('/v1/resolution/rules', { type => 'apart', one => [$of->($r1)],
                                       other => [$of->($r2), $of->($r3)] });
$t->wait_job($rule->{json}{job});
$t->wait_visible;
my @two = map { $t->get("/v1/profiles?phone=$_")->{json}{items}[0]{id} } $p1, $p2;
isnt($two[0], $two[1], 'two people have spoken in a conversation');
my $r4 = taken([{ id => 'c-two', phone => $p2, messages => said('Odiei, péssimo!') }]);
is_deeply([map { $t->get("/v1/profiles/$_")->{json}{fields}{sentiment} } @two],
          ['negative', 'negative'], 'it goes on: the labels of both follow');
undo($r4);
is_deeply([map { $t->get("/v1/profiles/$_")->{json}{fields}{sentiment} } @two],
          ['neutral', 'neutral'], '… back, too');
$t->wait_job($t->delete("/v1/profiles/$two[1]")->{json}{job});
$t->wait_visible;
is($t->get('/v1/conversations/c-two')->{status}, 404,
   'one of them is erased, and the conversation with it');
ok(!exists $t->get("/v1/profiles/$two[0]")->{json}{fields}{sentiment},
   '… and the other one has no labels of it');

my $came = [talk('c-again', '11987654363', 'Oi, bom dia')];
my $batch = taken($came);
my $kept = correct('c-again', { sentiment => 'positive' });
undo($batch);
is($t->get('/v1/conversations/c-again')->{status}, 404, 'undone, it is gone');
is(labels_of('+5511987654363'), '- - -', '… with its labels');
is($t->put('/v1/conversations/c-again/labels', '{"sentiment": "positive"}')->{status},
   404, '… and cannot be corrected');
taken($came);
is(labels_of('+5511987654363'), 'other - positive',
   'sent again it has the label that a person gave it');
undo($kept);
is(labels_of('+5511987654363'), 'other - neutral', '… until that is undone');


# --- lines that are refused -------------------------------------------------------

my $m = { at => '2026-11-01T12:00:00Z', from => 'customer', text => 'a' };
my @with = (phone => '11987654377');
($first, $r) = taken([
    { @with, messages => [$m] },
    { @with, id => 'a/b', messages => [$m] },
    { @with, id => 'x' x 201, messages => [$m] },
    { @with, messages => [] },
    { @with, messages => [$m, { %$m, from => 'boss' }] },
    { @with, messages => [{ %$m, at => '2999-01-01T00:00:00Z' }] },
    { @with, messages => [{ %$m, text => 'x' x 10001 }] },
    { @with, messages => [{ %$m, txt => 1 }] },
    { @with, messages => ['a'] },
    { @with, messages => [{ %$m, id => 7 }] },
    { @with, messages => [$m], labels => { sentiment => 'sad' } },
    { @with, messages => [$m], labels => { mood => 'sad' } },
    { @with, messages => [$m], language => 'português' },
    { @with, messages => [$m], channel => '' },
    { messages => [$m] },
    { @with, messages => [map { { %$m, id => "n$_" } } 1 .. 10001] },
    { @with, id => 'long', messages => [map { { %$m, id => "n$_" } } 1 .. 10000] },
    { @with, id => 'long', messages => [{ %$m, id => 'one-more' }] },
    { @with, id => '.', messages => [$m] },
    { @with, id => '..', messages => [$m] },
]);
is_deeply([map { "$_->{line} $_->{pointer}" } @{ $r->{json}{errors} }],
          ['2 /id', '3 /id', '4 /messages', '5 /messages/1/from',
           '6 /messages/0/at', '7 /messages/0/text', '8 /messages/0',
           '9 /messages/0', '10 /messages/0/id', '11 /labels/sentiment',
           '12 /labels', '13 /language', '14 /channel', '15 ', '16 /messages',
           '19 /id', '20 /id'],
          'a line that is wrong is refused alone, with what is wrong in it');
is($first->{rows}{imported}, 2, '… and others are taken');
like($t->get("/v1/imports/$first->{id}/errors.csv")->{text},
     qr{^18,/messages,.*10,000}m, 'a conversation does not grow without end');


# --- whoever is erased ------------------------------------------------------------

sub files_with
{
    my ($text) = @_;
    my @found;

    File::Find::find({ no_chdir => 1, wanted => sub {
        return unless -f $_;
        open my $fh, '<:raw', $_ or return;
        local $/;
        push @found, $_ if index(<$fh>, $text) >= 0;
    } }, $t->root);
    return @found;
}

my $line = { %{ talk('c-z', '11972583641', 'gosto de jpvqzrubi') },
             channel => 'wkzqchannel' };
taken([$line, talk('c-y', '11972583642', 'bom dia xqzwother')]);
correct('c-z', { sentiment => 'positive' });
$t->restart_worker;
ok(scalar(files_with('jpvqzrubi')), 'what somebody said is in the data folder');
my $who = $t->get('/v1/profiles?phone=11972583641')->{json}{items}[0]{id};
$t->wait_job($t->delete("/v1/profiles/$who")->{json}{job});
is_deeply([map { files_with($_) } qw(jpvqzrubi wkzqchannel)], [],
          '… and goes with the person');
is($t->get('/v1/conversations/c-z')->{status}, 404, '… as the conversation');
is(conversation('c-y')->{message_count}, 1, "another one's stays");
is(taken([$line])->{rows}{erased}, 1, '… nor does it come again');
is_deeply([files_with('jpvqzrubi')], [], '… anywhere');


# --- killed -----------------------------------------------------------------------

$t->hold_jobs('import:started');
$r = lines([talk('c-k', '11987654388', 'Quero comprar. Quanto custa?')]);
is($r->{status}, 202, 'a batch is accepted');
$t->kill_worker;
$t->release_jobs;
$t->start_worker;
$t->wait_import($r->{json}{id});
$t->wait_visible;
is(conversation('c-k')->{message_count}, 1, '… and survives');
like(labels_of('+5511987654388'), qr/^intent /, '… with its labels');

$t->finish;
