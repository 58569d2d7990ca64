# Conversations are classified again: what that would cost, what becomes of it,
# and that it happens once, whatever happens meanwhile.  No real model is asked.

use utf8;
use lib 't/lib';
use Audience::Labels;
use Audience::LLM;
use Audience::Test;
use JSON::PP ();

binmode $_, ':utf8' for map { Test::More->builder->$_ }
                        qw(output failure_output todo_output);

my ($true, $false) = (JSON::PP::true, JSON::PP::false);
my $llm = Audience::LLM->start(\&Audience::Labels::model);
my %on = $llm->settings('llm.tokens_per_day' => 0, 'llm.attempts' => 2);
my $t = Audience::Test->start(worker => { 'import.area_code' => '11' });


sub estimate
{
    my (%what) = @_;
    my $r = $t->post('/v1/conversations/classify', { estimate => $true, %what });
    is($r->{status}, 200, 'what it would cost is said') or die $r->{text};
    return $r->{json};
}

sub people { $t->count({ field => 'sentiment', op => 'equals', value => $_[0] }) }

sub who_of { my %by; $by{ who($t, $_) }++ for @_;
             return join ', ', map { "$by{$_} $_" } sort keys %by }


# --- without a model ------------------------------------------------------------

my @ids = map { "c-$_" } 1 .. 20;
taken($t, [(map { talk("c-$_", "1198000000$_", "Que caixa azul, número $_") } 1 .. 9),
           map { talk("c-$_", "119800000$_", "Que caixa azul, número $_") } 10 .. 20]);
is(people('neutral'), 20, 'nobody says how it is');

is($t->get('/v1/models')->{json}{language_model}, undef, 'no model is configured');

my $cost = estimate();
is_deeply([@$cost{qw(conversations unchanged questions tokens exact)}],
          [20, 20, 0, 0, $true], 'nothing would change');
is($cost->{labels}{sentiment}{model}, 'builtin', 'it says who would label');
like($cost->{labels}{sentiment}{version}, qr/^builtin-1-\w{16}$/, '… in what version');
ok(!exists $cost->{budget_left}, 'and nothing of tokens');

my $job = classify($t, {});
is_deeply($job->{result}, { conversations => 20, unchanged => 20, classified => 0,
                            by_model => 0 }, 'and nothing does');
is($job->{progress}, 1, 'all of it');

# Other lexicons

system('cp', '-r', 'conf/lexicons', "$t->{dir}/lexicons") == 0 or die;
open my $file, '>>', "$t->{dir}/lexicons/pt/sentiment.txt" or die;
print {$file} "\n[positive]\n3 que caixa azul\n";
close $file;
$t->restart_worker('enrichment.lexicons' => "$t->{dir}/lexicons");
is_deeply([@{ estimate() }{qw(conversations unchanged questions)}], [20, 0, 0],
          'other lexicons are another version');
my $some = { field => 'phoneNumber', op => 'ends_with', value => '0001' };
is_deeply([@{ estimate(filter => $some) }{qw(conversations unchanged)}], [1, 0],
          'a filter chooses');
$job = classify($t, { filter => $some });
is_deeply([@{ $job->{result} }{qw(conversations classified)}], [1, 1],
          'some are classified');
is(people('positive'), 1, '… which filters see');
is_deeply([@{ estimate() }{qw(conversations unchanged)}], [20, 1], '… and are done');
$job = classify($t, { filter => undef });
is_deeply([@{ $job->{result} }{qw(conversations unchanged classified)}], [20, 1, 19],
          'the others, too');
is(people('positive'), 20, '… as filters see');


# --- with one ----------------------------------------------------------------------

my $r = $t->put('/v1/conversations/c-1/labels', '{"sentiment": "negative"}',
                user => 'maria@example.com');
$t->wait_import($r->{json}{id});
my $import = taken($t, [{ %{ talk('c-21', '11980000021', 'oi') },
                          labels => { purchaseIntention => 'other', sentiment => 'neutral',
                                      priceSensitivity => 'none' } },
                        { id => 'c-22', phone => '11980000022', messages => [
                            { at => '2026-11-01T12:00:00Z', from => 'agent',
                              text => 'Alô?' }] }]);
$t->restart_worker(%on, 'llm.tokens_per_day' => 100_000);
$llm->forget;
$cost = estimate();
is_deeply([@$cost{qw(conversations unchanged questions exact)}], [22, 2, 20, $true],
          'a model would be asked about those that it would label');
cmp_ok($cost->{tokens}, '>', 20 * 1000, 'for tokens');
is($cost->{budget_left}, 100_000, 'which there are');
is_deeply($cost->{labels}{sentiment}, { model => 'test-model', version => 'llm-1' },
          'it says by whom');
is_deeply($t->get('/v1/models')->{json}{language_model},
          { model => 'test-model', version => 'llm-1' }, '… as the models do');
is($llm->requests, 0, 'nothing was sent');

$llm->behave('counts nothing');
$job = classify($t, {});
is_deeply($job->{result}, { conversations => 22, unchanged => 2, classified => 20,
                            by_model => 20 }, 'it labels');
is(who_of(@ids[1 .. 19]), '19 test-model', 'as they say');
is(labels_of($t, 'c-1'), 'other by test-model, none by test-model, '
                         . 'negative by person', 'a correction stays');
is(who($t, 'c-21'), 'sent', 'what was sent stays');
is(who($t, 'c-22'), 'builtin', 'nobody asks about a customer who said nothing');
is(people('negative'), 1, 'filters see it');
my @sent = $llm->requests;
is(@sent, 20, 'each was asked about once');
unlike($_->{user}, qr/1198|c-\d|2026/, 'without its person') for @sent[0, 19];
is(estimate()->{budget_left}, 100_000 - $cost->{tokens}, 'tokens are spent as was said');
is_deeply([@{ estimate() }{qw(unchanged questions tokens)}], [22, 0, 0],
          'then nothing is left to do');

# What fails is built in, and asked again another time.

$t->restart_worker('llm.model' => 'other-model');
$llm->forget;
$llm->behave(('answers') x 3, ('is down') x 34, 'answers');
$job = classify($t, {});
is_deeply([@{ $job->{result} }{qw(classified by_model)}], [20, 3],
          'a model that fails is helped out');
is(who_of(@ids[1 .. 19]) =~ /(\d+) other-model/ ? $1 : 0,
   3 - (who($t, 'c-1') =~ /other/), '… as they say');
$job = classify($t, {});
is_deeply([@{ $job->{result} }{qw(unchanged classified by_model)}], [5, 17, 17],
          'the rest is asked about another time');
is($llm->requests, 3 + 2 * 17 + 17, 'what it had said was not asked again');


# --- while it runs ------------------------------------------------------------------------

$t->restart_worker('llm.model' => 'third-model', 'llm.in_flight' => 4);
$llm->forget;
$llm->behave('waits');
$r = $t->post('/v1/conversations/classify', {});
$t->wait_for('questions', sub { $llm->requests == 4 });
my $shown = $t->get("/v1/jobs/$r->{json}{id}")->{json};
is("$shown->{type} $shown->{state} $shown->{stage}", 'classify running asking',
   'it says what it does');
my $again = $t->post('/v1/conversations/classify', {});
is($again->{status}, 409, 'another one is too much');
is($again->{json}{type}, '/problems/classification-running', '… and is told so');
is(estimate()->{questions}, 20, 'what it costs can be asked meanwhile');
is($t->post('/v1/conversations/classify', {}, tenant => 'other')->{status}, 202,
   'another tenant is not concerned');

taken($t, [{ %{ talk('c-23', '11980000023', 'Oi') },
             labels => { purchaseIntention => 'other', sentiment => 'neutral',
                         priceSensitivity => 'none' } }]);
is($t->get('/v1/conversations/c-23')->{status}, 200, 'an import does not wait for it');
my $gone = $t->query({ field => 'phoneNumber', op => 'ends_with', value => '0002' })
             ->{profiles}[0]{id};
my $erase = $t->delete("/v1/profiles/$gone");
$t->wait_job($erase->{json}{job} // $erase->{json}{id});
my $undo = $t->delete("/v1/imports/$import->{id}");
$t->wait_job($undo->{json}{undo}{job});
$r = $t->put('/v1/conversations/c-3/labels', '{"sentiment": "neutral"}',
             user => 'maria@example.com') and $t->wait_import($r->{json}{id});
$llm->behave('answers');
$llm->go_on;
$job = $t->wait_job($shown->{id});
is($job->{state}, 'done', 'people may go, be corrected and be erased meanwhile');
is($job->{result}{classified}, 19, '… and are left out');
$t->wait_visible;
is($t->get('/v1/conversations/c-2')->{status}, 404, 'who was erased does not come back');
is($t->get('/v1/conversations/c-22')->{status}, 404, 'nor does what was undone');
like(labels_of($t, 'c-3'), qr/neutral by person/, 'a correction of meanwhile stays');

# Whoever has refused since is left out.

$t->restart_worker('llm.model' => 'later-model', 'import.area_code' => '11');
$llm->forget;
my $before = $t->get('/v1/conversations/c-5')->{json};
my $no = $t->import_file('no.csv', "phoneNumber,Opt-in\n11980000005,nao\n");
is(estimate()->{conversations}, 19, 'who has refused is not counted');
$job = classify($t, {});
is_deeply([@{ $job->{result} }{qw(conversations by_model)}], [19, 18],
          '… nor classified');
is_deeply($t->get('/v1/conversations/c-5')->{json}, $before, '… and stays as it was');
is(scalar(grep { $_->{user} =~ /número 5"/ } $llm->requests), 0,
   '… and nobody is sent what was said');
is(classify($t, { filter => { field => 'phoneNumber', op => 'ends_with',
                              value => '0005' } })->{result}{conversations}, 0,
   '… whatever the filter');
$undo = $t->delete("/v1/imports/$no->{id}");
$t->wait_job($undo->{json}{undo}{job});
$t->wait_visible;
is(classify($t, {})->{result}{by_model}, 1, 'until they agree again');

# It is cancelled

$t->restart_worker('llm.model' => 'fourth-model');
$llm->forget;
$llm->behave('waits');
$r = $t->post('/v1/conversations/classify', {});
$t->wait_for('questions', sub { $llm->requests == 4 });
is($t->post("/v1/jobs/$r->{json}{id}/cancel", {})->{status}, 202, 'it is cancelled');
is($t->wait_job($r->{json}{id})->{state}, 'cancelled', '… and ends');
$llm->behave('answers');
$llm->go_on;
is(who($t, 'c-4'), 'later-model', 'nothing has come of it');


# --- the worker dies -------------------------------------------------------------------------

my $model = 0;

for my $point (qw(started asked piece prepared committed returned)) {
    my $name = 'm' . ++$model;

    $t->stop_worker;
    $t->write_worker_conf('llm.model' => $name);
    $llm->forget;
    $t->start_worker(env => { AUDIENCE_FAULT => "classify:$point" });
    $r = $t->post('/v1/conversations/classify', {});
    $t->reap('worker', 60) // die "no fault at $point";
    $t->start_worker;
    $job = $t->wait_job($r->{json}{id});
    is($job->{state}, 'done', "killed at $point: it goes on");
    is_deeply([@{ $job->{result} }{qw(conversations unchanged classified by_model)}],
              [20, 1, 19, 19], '… and counts everybody once');
    is(who_of(grep { $_ ne 'c-2' } @ids), "17 $name, 2 $name person",
       '… all are labelled');
    my %times;
    $times{ $_->{user} }++ for $llm->requests;
    is_deeply([values %times], [(1) x 19], '… and asked about once');
}

$t->restart_worker('llm.model' => 'last-model', 'llm.in_flight' => 2);
$llm->forget;
$llm->behave(('answers') x 5, 'waits');
$r = $t->post('/v1/conversations/classify', {});
$t->wait_for('seven questions', sub { $llm->requests == 7 });
my $ends = () = $t->worker_log =~ /"stopping"/g;
kill 'TERM', $t->pid('worker');
$t->wait_for('the worker to end', sub { $ends < (() = $t->worker_log =~ /"stopping"/g) });
$llm->behave('answers');
$llm->go_on;
is($t->reap('worker', 60), 0, 'SIGTERM: the worker ends');
$t->start_worker;
$job = $t->wait_job($r->{json}{id});
is("$job->{state} $job->{attempts}", 'done 1', 'it goes on with the next');
is($llm->requests, 19, '… without asking anything twice');


# --- what cannot be ------------------------------------------------------------------------------

my %wrong = (
    '{"filter": {"field": "nobody has it", "op": "exists"}}' => 422,
    '{"filter": 7}' => 422, '{"estimate": 1}' => 422, '{"all": true}' => 422,
    '[]' => 400, '{' => 400,
);
for my $body (sort keys %wrong) {
    is($t->post('/v1/conversations/classify', $body)->{status}, $wrong{$body}, $body);
}
is_deeply($t->post('/v1/conversations/classify', { estimate => $true },
                   tenant => 'nobody')->{json}{conversations}, 0,
          'a tenant without conversations');
is(classify($t, {}, tenant => 'nobody')->{result}{conversations}, 0, '… has none');
is_deeply([map { $_->{type} } @{ $t->get('/v1/jobs?type=classify&limit=1')
                                   ->{json}{items} }], ['classify'], 'jobs list it');

$t->finish;
