# A segmentation that is killed at any point of its run, cancelled, asked for
# twice, or overtaken by an import: it happens exactly once, or not at all.

use lib 't/lib';
use Audience::Groups;
use Audience::Mail;
use Audience::Test;

my $t = Audience::Test->start;
my $people = Audience::Groups->new(seed => 5);

$t->import_file('crm.csv', $people->csv(fans => 120, buyers => 100));


sub ask
{
    my (%who) = @_;
    return $t->post('/v1/segmentations', { suggest_copies => JSON::PP::true },
                    %who);
}


sub run_of { $t->get("/v1/segmentations/$_[0]{json}{id}")->{json} }

sub automatic
{
    return @{ $t->get('/v1/audiences?type=automatic')->{json}{items} };
}

sub copies
{
    return grep { $_->{subject} !~ /csv/ }
           map { Audience::Mail->read($_) } glob "$t->{root}/outbox/*.eml";
}


# --- two at once --------------------------------------------------------------

$t->get('/v1/users', user => 'ana@example.com');
$t->put('/v1/users/nobody', { name => 'Without an address' });
$t->hold_jobs('segment:halfway');

my @sockets = map { $t->connect } 1 .. 8;
for my $socket (@sockets) {
    print {$socket} "POST /v1/segmentations HTTP/1.1\r\nHost: test\r\n"
        . "X-Tenant: demo\r\nX-User: demo\@example.com\r\n"
        . "Content-Length: 0\r\nConnection: close\r\n\r\n";
}
my @answers = map { Audience::Client::read_answer($_, 60) } @sockets;
is_deeply([ sort map { $_->{status} } @answers ], [ (200) x 7, 202 ],
          'of several requests at once one starts a run');
my ($first, @like) = @answers;
is_deeply([ map { $_->{json}{id} } @like ], [ ($first->{json}{id}) x 7 ],
          '… which all get');

my $job = $first->{json}{job};
$t->wait_for('groups to be found', sub {
    (run_of($first)->{stage} // '') eq 'assigning' });
my $shown = run_of($first);
is($shown->{state}, 'running', 'it says that it runs');
cmp_ok($shown->{progress}, '>', 0.5, '… and how far it is');

my $second = ask(headers => { 'Idempotency-Key' => 'again' });
is($second->{status}, 200, 'another request later');
is($second->{json}{id}, $first->{json}{id}, '… gives the same');
is($second->{headers}{location}, "/v1/segmentations/$first->{json}{id}",
   '… and where it is');

for my $tenant (qw(other third)) {
    $t->import_file('crm.csv', Audience::Groups->new->csv(fans => 50),
                    tenant => $tenant);
}
my $other = ask(tenant => 'other');
is($other->{status}, 202, 'another tenant has a run of its own');
isnt($other->{json}{id}, $first->{json}{id}, '… not this one');
is($t->get("/v1/segmentations/$other->{json}{id}")->{status}, 404,
   '… which nobody else sees');
my $third = ask(tenant => 'third');
is($t->get("/v1/segmentations/$third->{json}{id}", tenant => 'third')
     ->{json}{state}, 'ready', 'that of a third one waits');


# --- cancel --------------------------------------------------------------------

is($t->post("/v1/jobs/$job/cancel", {})->{status}, 202, 'it is cancelled');
is($t->post("/v1/jobs/$third->{json}{job}/cancel", {}, tenant => 'third')
     ->{status}, 202, '… and so is one that waits');
$t->release_jobs;
is($t->wait_job($job)->{state}, 'cancelled', 'both end');
is($t->wait_job($third->{json}{job}, tenant => 'third')->{state}, 'cancelled',
   '… one without having begun');
is($t->wait_job($other->{json}{job}, tenant => 'other')->{state}, 'done',
   'and not the other tenant\'s');
is(run_of($first)->{state}, 'cancelled', 'the run says so');
like(run_of($first)->{error}, qr/cancelled/, '… in words');
is_deeply([ automatic() ], [], 'no audience has come of it');

$second = ask(headers => { 'Idempotency-Key' => 'again' });
is($second->{json}{id}, $first->{json}{id},
   'a repeated request gets the answer that it had');


# --- an import comes first ------------------------------------------------------

my $leaving = Audience::Groups->new(seed => 6, phone => 5000);
my $file = $leaving->csv(fans => 40);
$file =~ s/,fans /,left /g;
my $import = $t->import_file('leaving.csv', $file);

$t->hold_jobs('segment:halfway');
my $r = ask();
$t->wait_for('groups to be found', sub {
    (run_of($r)->{stage} // '') eq 'assigning' });
my $generation = $t->query(undef, limit => 0)->{generation};

$t->import_file('late.csv', $people->csv(fans => 30));
my $undo = $t->delete("/v1/imports/$import->{id}");
$t->wait_job($undo->{json}{undo}{job});
$t->release_jobs;
is($t->wait_job($r->{json}{job})->{state}, 'done',
   'an import and an undoing do not stop it');
$t->wait_visible;

my $run = run_of($r);
is($run->{generation}, $generation, 'it says which generation it saw');
is($run->{profiles}, 260, '… with how many people');
is(scalar @{ $run->{audiences} }, 2, 'audiences have come of it');
my $found = 0;
for my $audience (@{ $run->{audiences} }) {
    my $in = $t->count({ audience => $audience->{id} });
    is($in, $audience->{size}, 'a sample is of people who are there');
    $found += $t->count({ all => [ { audience => $audience->{id} },
        { field => 'name', op => 'starts_with', value => 'left' } ] });
}
is($found, 0, '… and of none who has left');

$t->wait_for('e-mails', sub { copies() == 2 });
is_deeply([ sort map { $_->{to} =~ /(\w+@[\w.]+)/ } copies() ],
          [ 'ana@example.com', 'demo@example.com' ],
          'users with an address get the copies');
is(scalar @{ $t->get('/v1/jobs?type=mail')->{json}{items} }, 3 + 2,
   '… and nobody else, beside the e-mails about three imports');
my ($letter) = copies();
like($letter->{text}, qr/\{\{name\}\}/, '… which can be copied');
like($letter->{text}, qr/\Q$_->{name}\E/, '… of each audience')
    for @{ $run->{audiences} };


# --- kill -9 -------------------------------------------------------------------

my %size = map { $_->{id} => $_->{size} } @{ $run->{audiences} };
my $runs = 1;

for my $point (qw(started halfway prepared committed returned)) {
    subtest "killed when $point" => sub {
        my $mails = copies();

        $t->stop_worker;
        $t->start_worker(env => { AUDIENCE_FAULT => "segment:$point" });
        my $r = ask();
        is($r->{status}, 202, 'is accepted');

        my $status = $t->reap('worker', 120);
        is($status && $status & 127, 9, 'the worker is killed');
        $t->start_worker;

        my $job = $t->wait_job($r->{json}{job});
        is($job->{state}, 'done', 'is done after the start');
        is($job->{attempts}, $point =~ /^(committed|returned)$/ ? 1 : 2,
           'and ran again only where it had to');
        $t->wait_visible;

        my $run = run_of($r);
        is(scalar @{ $run->{audiences} }, 2, 'with both groups');
        is_deeply([ sort map { $_->{id} } automatic() ], [ sort keys %size ],
                  'whose audiences go on');
        is_deeply([ map { scalar @{ $_->{sizes} } } automatic() ],
                  [ ($runs + 1) x 2 ], 'with one more size each');
        is($t->count({ audience => $_->{id} }), $_->{size},
           'the sample is whole') for @{ $run->{audiences} };
        $runs++;

        $t->wait_for('e-mails', sub { copies() >= $mails + 2 });
        is(scalar copies(), $mails + 2, 'one e-mail for each');
    };
}

$t->finish;
