# The worker killed with -9 at each point of a job's run that matters, and at any
# other, and started again: what was accepted happens exactly once, and the edge
# answers meanwhile.

use lib 't/lib';
use Audience::Test;
use Time::HiRes ();

my $t = Audience::Test->start;
my @points = qw(started prepared committed returned);
my $people = 0;


# Starts a worker that kills itself at that point of the first such job.
sub start_doomed
{
    my ($point) = @_;

    $t->stop_worker;
    $t->start_worker(env => { AUDIENCE_FAULT => $point });
}


# Waits for its death.
sub bury
{
    my $status = $t->reap('worker', 120);
    is($status && $status & 127, 9, 'the worker is killed');
}


sub mails { my @files = glob "$t->{root}/outbox/*.eml"; scalar @files }


for my $point (@points) {
    subtest "an import, killed when $point" => sub {
        my $mails = mails();

        start_doomed("import:$point");

        my $r = $t->upload("$point.csv", "phoneNumber,killed\n" . join '', map {
            sprintf "+55119%08d,%s\n", $people + $_, $point } 1 .. 500);

        is($r->{status}, 202, 'is accepted');
        bury();
        $t->start_worker;

        my $seen = $t->count({ all => [] });
        ok($seen == $people || $seen == $people + 500,
           'is seen whole or not at all meanwhile');

        my $import = $t->wait_import($r->{json}{id});
        $t->wait_visible;
        $people += 500;

        is($import->{state}, 'succeeded', 'succeeds after the start');
        is($import->{rows}{imported}, 500, 'all of it');
        is($t->count({ all => [] }), $people, 'nobody is there twice');
        is($t->count({ field => 'killed', op => 'equals', value => $point }),
           500, 'nobody is missing');

        my $job = $t->wait_job($import->{job});
        is($job->{state}, 'done', 'its job is done');
        is($job->{attempts}, $point =~ /^(committed|returned)$/ ? 1 : 2,
           'and ran again only where it had to');

        my @again = grep { $_->{type} eq 'import' }
                    @{ $t->get('/v1/jobs?type=import&limit=1000')
                         ->{json}{items} };
        is(scalar @again, $people / 500, 'no job came twice');

        $t->wait_for('its e-mail', sub { mails() > $mails });
        is(mails(), $mails + 1, 'one e-mail says so');
        return if $job->{attempts} == 1;        # the sweeper's to remove

        is_deeply([ glob "$t->{root}/spool/demo/*" ], [],
                  'its file has left the spool');
    };
}

# Rounds overlap: half of the contacts of each are new.
for my $try (1 .. 4) {
    subtest "an import, killed at any time, $try" => sub {
        my $rows = 8000;
        my $before = $t->count({ all => [] });
        my $after = $before + ($try == 1 ? $rows : $rows / 2);
        my $first = ($try - 1) * $rows / 2;

        my $upload = $t->upload("$try.csv", "phoneNumber,round,\"a column\"\n"
            . join '', map { sprintf "119%08d,%d,some text %d\n", $_ + 5_000_000,
                             $try, $_ % 1000 } $first .. $first + $rows - 1);
        is($upload->{status}, 202, 'is accepted');

        Time::HiRes::sleep(rand 0.25);
        $t->kill_worker;

        my $now = $t->count({ all => [] });
        ok($now == $before || $now == $after,
           'the edge answers meanwhile, from before or from after');

        $t->start_worker;
        my $import = $t->wait_import($upload->{json}{id});
        $t->wait_visible;

        is($import->{state}, 'succeeded', 'is done after the start');
        is($import->{rows}{imported}, $rows, 'all of it');
        is($people = $t->count({ all => [] }), $after,
           'every contact is there once');
        is($t->count({ field => 'round', op => 'equals', value => "$try" }),
           $rows, 'as the newest file has it');
    };
}

# A kill between the commit and the removal leaves the file to the sweeper.
my @left = map { m{/(imp_\w+)\.csv$} } glob "$t->{root}/spool/demo/*";

is_deeply([grep { $t->get("/v1/imports/$_")->{json}{state} ne 'succeeded' } @left],
          [], 'nothing in the spool waits any more');

my $audience = $t->post('/v1/audiences', { name => 'All',
                                           filter => { all => [] } })->{json};

for my $point (@points) {
    subtest "an export, killed when $point" => sub {
        start_doomed("export:$point");

        my $r = $t->post("/v1/audiences/$audience->{id}/exports", {});
        is($r->{status}, 202, 'is accepted');
        bury();
        $t->start_worker;

        my $export = $t->wait_export($r->{json}{id});
        is($export->{state}, 'done', 'is done after the start');
        is($export->{rows}, $people, 'with everybody');
        is($t->get($export->{url})->{text} =~ tr/\n//, $people + 1,
           'its file is whole');
    };
}

subtest 'an import that is cancelled, killed before that is true' => sub {
    $t->hold_jobs('import:started');
    my $first = $t->upload('held.csv', "phoneNumber\n+5511987654321\n");
    my $r = $t->upload('cancelled.csv', "phoneNumber\n+5511987654322\n");
    $t->kill_worker;

    # The first of the tenant is held, so that the second is not begun.
    $t->start_worker(env => {
        AUDIENCE_HOLD => "import:started=$t->{dir}/hold",
        AUDIENCE_FAULT => 'import:given_up' });
    $t->post("/v1/jobs/$r->{json}{job}/cancel", {});
    bury();
    $t->release_jobs;
    $t->start_worker;

    my $job = $t->wait_job($r->{json}{job});
    is($job->{state}, 'done', 'nobody was told: the import runs')
        or diag($job->{error});
    is($t->wait_import($first->{json}{id})->{state}, 'succeeded',
       'as the other');
    $t->wait_visible;
    $people += 2;
    is($t->count({ all => [] }), $people, 'each once');

    $t->hold_jobs('import:started');
    $first = $t->upload('held.csv', "phoneNumber\n+5511987654323\n")->{json};
    $r = $t->upload('gone.csv', "phoneNumber\n+5511987654324\n")->{json};
    is($t->post("/v1/jobs/$r->{job}/cancel", {})->{status}, 202,
       'one that is cancelled');
    is($t->wait_job($r->{job})->{state}, 'cancelled', '… is');
    ok(! -e "$t->{root}/spool/demo/$r->{id}.csv", '… and its file is gone');
    $t->release_jobs;
    $t->wait_import($first->{id});
    $t->wait_visible;
    $people++;
};

subtest 'a job that kills the worker each time dies' => sub {
    $t->restart_worker('worker.job_max_attempts' => 2);
    start_doomed('import:started');

    my $r = $t->upload('poison.csv', "phoneNumber\n+5511987654321\n");
    is($r->{status}, 202, 'is accepted');

    bury();
    $t->start_worker(env => { AUDIENCE_FAULT => 'import:started' }, wait => 0);
    bury();
    $t->start_worker(env => { AUDIENCE_FAULT => 'import:started' });

    # Where it ran once more it would have killed the worker again.
    my $job = $t->wait_job($r->{json}{job});
    is($job->{state}, 'dead', 'after its last attempt');
    is($job->{error}, 'the worker ended while the job was running',
       'and says why');
    is($t->wait_import($r->{json}{id})->{state}, 'failed',
       'its import has failed');
};

$t->finish;
