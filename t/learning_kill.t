# Learning that is killed at any point of its run, cancelled, or overtaken by an
# erasure; models that are damaged, and models of whoever is erased.

use lib 't/lib';
use Audience::News;
use Audience::Test;
use File::Find ();

my $t = Audience::Test->start(worker => { 'import.area_code' => '11' });
my $news = Audience::News->new($t);

$news->give(200);
$news->learned;
is($news->model->{model}, 'learned', 'a model labels');


# --- kill -9 ----------------------------------------------------------------------

for my $point (qw(started halfway prepared committed returned)) {
    subtest "killed when $point" => sub {
        my $jobs = $news->jobs;

        $news->give(5);
        $t->stop_worker;
        $t->start_worker(env => { AUDIENCE_FAULT => "learn:$point" });
        my $r = $t->post('/v1/models', {});
        is($r->{status}, 202, 'is accepted');

        my $status = $t->reap('worker', 120);
        is($status && $status & 127, 9, 'the worker is killed');
        $t->start_worker;

        my $job = $t->wait_job($r->{json}{id});
        is($job->{state}, 'done', 'is done after the start');
        is($job->{attempts}, $point =~ /^(committed|returned)$/ ? 1 : 2,
           'and ran again only where it had to');

        my $model = $news->model;
        is($model->{training}{examples}, $model->{examples},
           'it learned from all that there is');
        is($model->{model}, 'learned', '… and is used');
        is(scalar($news->jobs), $jobs + 1, 'nothing else was to be done');
    };
}


# --- cancelled ----------------------------------------------------------------------

# Learns up to where models are made, and waits there.
sub held
{
    $t->hold_jobs('learn:halfway');
    my $r = $t->post('/v1/models', {});
    $t->wait_for('models to be made', sub {
        ($t->get("/v1/jobs/$r->{json}{id}")->{json}{stage} // '')
            eq 'learning sentiment' });
    return $r->{json}{id};
}

my $before = $news->model->{training};
$news->give(5);
my $job = held();
my $second = $t->post('/v1/models', {});
is($second->{status}, 202, 'who asks while one runs gets another one');
my $third = $t->post('/v1/models', {});
is_deeply([$third->{status}, $third->{json}{id}], [200, $second->{json}{id}],
          '… and then that one, as it has not begun');
is($t->post("/v1/jobs/$_/cancel", {})->{status}, 202, 'it is cancelled')
    for $job, $second->{json}{id};
$t->release_jobs;
is($t->wait_job($_)->{state}, 'cancelled', '… and ends')
    for $job, $second->{json}{id};
is_deeply($news->model->{training}, $before, 'models are what they were');


# --- erased meanwhile -----------------------------------------------------------------

sub person
{
    my ($conversation, %how) = @_;
    my $phone = $t->get("/v1/conversations/$conversation", %how)
                  ->{json}{contact}{phone};
    $phone =~ s/^\+/%2B/;
    return $t->get("/v1/profiles?phone=$phone", %how)->{json}{items}[0]{id};
}

sub erase
{
    my ($conversation, %how) = @_;
    my $r = $t->delete('/v1/profiles/' . person($conversation, %how), %how);
    is($t->wait_job($r->{json}{job}, %how)->{state}, 'done', 'a person is erased');
}

my $given = $news->model->{examples};
$job = held();
erase('c-1');
is_deeply([@{ $news->model }{qw(examples model training)}],
          [$given - 1, 'builtin', undef], '… and so are models of what was said');
is($news->labels('Era a marmita')->{sentiment}{model}, 'builtin',
   '… which label nothing any more');
my ($follows) = $news->jobs;
is($follows->{state}, 'ready', 'it is to be learned again');
isnt($follows->{id}, $job, '… by another job');
$t->post("/v1/jobs/$follows->{id}/cancel", {});
$t->wait_job($follows->{id});
$t->release_jobs;
is($t->wait_job($job)->{state}, 'done', 'who has read what was erased');
is($news->model->{training}{examples}, $given - 1, '… begins anew, without it');
erase('c-2');
$news->learned;
is($news->model->{training}{examples}, $given - 2,
   'and without anybody who learns, it is learned again at once');


# --- too little is left ------------------------------------------------------------------

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

my %few = (tenant => 'few');
my $first = $news->{n} + 1;
$news->give(200, %few);
$news->learned(%few);
# Its hash stands nowhere else, so that no compression takes it apart.
my ($version) = $news->model(%few)->{training}{learned}{version} =~ /(\w{16})$/;
$t->restart_worker;
ok(scalar(files_with($version)), 'a model is in the data folder');
erase("c-$first", %few);
is_deeply([@{ $news->model(%few) }{qw(examples model training)}],
          [199, 'builtin', undef], 'where too little is left there is no model');
is(scalar($news->jobs(%few)), 1, '… and nothing to learn');
is_deeply([files_with($version)], [], '… nor is the old one anywhere');
is($news->model->{model}, 'learned', "another tenant's stays");


# --- damaged ----------------------------------------------------------------------------

$version = $news->model->{version};
$t->stop_worker;
is(system($t->build . '/t/lib/damage', "$t->{root}/db", 'demo', 'Y',
          'sentiment.model'), 0, 'a model is damaged');
$t->start_worker;
is($news->model->{model}, 'builtin', '… and not used');
is($news->labels('Era a marmita')->{sentiment}{model}, 'builtin',
   '… for what comes in');
like($t->worker_log, qr/"a learned model is not used".*"sentiment".*damaged/,
     '… which the log tells');
$t->wait_job($t->post('/v1/models', {})->{json}{id});
is($news->model->{version}, $version, 'and learned again it is what it was');

$t->finish;
