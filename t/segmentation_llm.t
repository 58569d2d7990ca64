# Audiences whose words a language model writes: what it is told, what of it
# stands in them, and that a run is never lost for it.

use lib 't/lib';
use Audience::Groups;
use Audience::LLM;
use Audience::Test;
use JSON::PP ();

my $json = JSON::PP->new->utf8;

my $llm = Audience::LLM->start(sub {
    my ($request) = @_;
    my $about = JSON::PP->new->decode($request->{messages}[1]{content});

    return $json->encode({
        name => 'Turma do ' . $about->{facts}[0]{value},
        description => 'Gente que se parece.',
        messages => [ map { { text => "Oi, {{name}}! $_", fact => 0 } }
                      'Tudo bem?', 'Como vai?', 'Vamos conversar?' ],
    });
});
my $t = Audience::Test->start(worker => { $llm->settings });

$t->import_file('crm.csv', Audience::Groups->new(seed => 8)
                             ->csv(fans => 120, buyers => 120));


sub ask { $t->post('/v1/segmentations', { suggest_copies => JSON::PP::true }) }

sub audiences_of
{
    my ($r) = @_;
    my $run = $t->get("/v1/segmentations/$r->{json}{id}")->{json};
    return map { $t->get("/v1/audiences/$_->{id}")->{json} }
           @{ $run->{audiences} };
}


# --- it is down ----------------------------------------------------------------

$llm->behave('is down');
my $r = ask();
is($t->wait_job($r->{json}{job})->{state}, 'done', 'a run needs no model');
my @built_in = audiences_of($r);
is_deeply([ map { $_->{written_by} } @built_in ], [ ('built-in') x 2 ],
          'which the audiences say');
isnt($_->{description}, '', '… and have words') for @built_in;
$t->delete("/v1/audiences/$built_in[0]{id}");


# --- it writes -----------------------------------------------------------------

$llm->behave('answers');
$r = ask();
is($t->wait_job($r->{json}{job})->{state}, 'done', 'a run with its words');
my ($new) = grep { $_->{id} ne $built_in[1]{id} } audiences_of($r);
my ($kept) = grep { $_->{id} eq $built_in[1]{id} } audiences_of($r);

like($new->{name}, qr/^Turma do /, 'a new audience has its name');
is($new->{description}, 'Gente que se parece.', '… its description');
is($new->{written_by}, 'test-model', '… and says so');
like($new->{copies}[0]{text}, qr/^Oi, \{\{name\}\}! /, '… and its messages');
is($new->{copies_written_by}, 'test-model', '… of which it says so too');
is($kept->{name}, $built_in[1]{name}, 'one that goes on keeps its name');
is($kept->{description}, 'Gente que se parece.',
   '… and has the new description');

my $told = join '', map { $_->{body} } $llm->requests;
like($told, qr/Flamengo/, 'it was told what makes the groups');
unlike($told, qr/(?:fans|buyers) \d|119\d{8}|prf_|aud_/,
       '… and nothing of a person');


# --- people edit meanwhile -------------------------------------------------------

my $name = 'Como queremos';

$llm->forget;
$llm->behave('waits');
$t->import_file('late.csv', Audience::Groups->new(seed => 8, phone => 400)
                              ->csv(fans => 40, buyers => 20));
$r = ask();
$t->wait_for('the model to be asked', sub { $llm->requests == 2 });
$t->delete("/v1/audiences/$new->{id}");
$t->patch("/v1/audiences/$kept->{id}", { name => $name });
$llm->go_on;
is($t->wait_job($r->{json}{job})->{state}, 'done', 'a run that takes long');

my @then = audiences_of($r);
is(scalar(grep { $_->{id} eq $new->{id} } @then), 0,
   'what is deleted meanwhile does not come back');
is($t->get("/v1/audiences/$new->{id}")->{status}, 404, '… at all');
($kept) = grep { $_->{id} eq $kept->{id} } @then;
is($kept->{name}, $name, 'a name that is given meanwhile stays');


# --- it never answers ----------------------------------------------------------

$t->import_file('more.csv', Audience::Groups->new(seed => 9, phone => 700)
                              ->csv(callers => 120));
$llm->forget;
$llm->behave('is silent');
$r = ask();
$t->wait_for('the model to be asked', sub { scalar $llm->requests });
is($t->post("/v1/jobs/$r->{json}{job}/cancel", {})->{status}, 202,
   'a run that waits for it can be cancelled');
is($t->wait_job($r->{json}{job})->{state}, 'cancelled', 'and ends');

$t->finish;
