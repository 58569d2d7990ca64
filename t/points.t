# Each point of worker/faults.h at which a job may be killed, of each type of job:
# the list is read from the source, and whatever no other test kills is killed
# here.  What was accepted happens once all the same: rows, files and e-mails.

use lib 't/lib';
use Audience::Test;
use Time::HiRes ();

my @always = qw(started prepared committed returned);
my @generic = (@always, 'given_up');

# What other tests kill.  A type stands there as "type:", a point by its name.
my %elsewhere = (
    'kill.t'              => { import => \@generic, export => \@always },
    'resolution.t'        => { import => \@always },
    'rules.t'             => { resolve => \@always },
    'anew.t'              => { rebuild => \@always },
    'segmentation_kill.t' => { segment => [@always, 'halfway'] },
    'learning_kill.t'     => { learn => [@always, 'halfway'] },
    'classify.t'          => { classify => [@always, qw(asked piece)] },
    'erase.t'             => { erase => [qw(true listed spooled rewritten
                                            revoked purged)] },
);

my %here = (
    merge   => { map { $_ => \&merge } @always },
    sizes   => { map { $_ => \&sizes } @always },
    export  => { written => \&export, given_up => \&export_given_up },
    segment => { given_up => \&segment_given_up },
    resolve => { given_up => \&erase_given_up },
    mail    => { map { $_ => \&mail } qw(started sent) },
);

my $t = Audience::Test->start(worker => { 'import.area_code' => '11',
                                          'segments.merge_at' => 3 });


# --- all points ---------------------------------------------------------------

my %known = points();
my %hit;

for my $test (sort keys %elsewhere) {
    my $text = $t->read_file("t/$test");

    for my $type (sort keys %{ $elsewhere{$test} }) {
        my @missing = grep { $text !~ /\b$_\b/ } @{ $elsewhere{$test}{$type} };

        is_deeply(\@missing, [], "$test kills a job of type $type at each point")
            if like($text, qr/\b$type:/, "$test kills a job of type $type");
        $hit{"$type:$_"} = 1 for @{ $elsewhere{$test}{$type} };
    }
}

for my $type (keys %here) {
    $hit{"$type:$_"} = 1 for keys %{ $here{$type} };
}

is_deeply([sort keys %hit], [sort keys %known],
          'each point of each type of job is one at which a test kills');


# "<type>:<point>" as the source has them: points of every job are passed by
# each type that runs in a thread, or that has something to give up.
sub points
{
    my (%type, %point, %points);
    my %text = map { $_ => $t->read_file($_) } glob 'worker/*.[ch]';

    for my $text (values %text) {
        while ($text =~ /^const job_type_t\s+(\w+) = \{(.*?)^\};/msg) {
            my ($variable, $members) = ($1, $2);
            my %member = $members =~ /\.(\w+) = "?(\w+)/g;

            $type{"$variable.name"} = \%member;
        }
    }

    $point{$1} = $2 while $text{'worker/faults.h'}
                          =~ /^#define (FAULT_\w+)\s+"(\w+)"/mg;

    my %types = (
        'run->type->name' => [grep { $_->{run} } values %type],
        'job->type->name' => [grep { $_->{gave_up} } values %type],
        '"erase"'         => [{ name => 'erase' }],
        '"export"'        => [$type{'export_job.name'}],
        map { $_ => [$type{$_}] } keys %type,
    );

    for my $path (grep { /\.c$/ } sort keys %text) {
        while ($text{$path} =~ /\bfault\(([^,()]+),\s*(FAULT_\w+)\)/g) {
            my $of = $types{$1} or die "$path: of which jobs is $1?\n";
            $points{"$_->{name}:$point{$2}"} = 1 for @$of;
        }
    }
    return %points;
}


# --- killing ------------------------------------------------------------------

# Starts a worker that kills itself there, and the next one when it has: the sub
# makes the job meanwhile, and what it gives is given.  Without a sub the worker
# makes it at its start.
sub killed
{
    my ($point, $code, %env) = @_;

    $t->stop_worker;
    $t->start_worker(env => { AUDIENCE_FAULT => $point, %env },
                     wait => defined $code);
    my $given = $code && $code->();
    my $status = $t->reap('worker', 120);
    is($status && $status & 127, 9, 'the worker is killed');
    $t->write_worker_conf('audiences.sizes_seconds' => 86400);
    $t->start_worker;
    return $given;
}


sub jobs
{
    my ($type, %who) = @_;
    return grep { $_->{type} eq $type }
           @{ $t->get('/v1/jobs?limit=1000', %who)->{json}{items} };
}


# The one job of that type is done, and ran again only where it had to.
sub done_once
{
    my ($type, $point, %who) = @_;

    my @jobs = map { $t->wait_job($_->{id}, %who) } jobs($type, %who);
    is(scalar @jobs, 1, "one job of type $type");
    is($jobs[0]{state}, 'done', '… is done');
    is($jobs[0]{attempts}, $point =~ /^(committed|returned)$/ ? 1 : 2,
       '… by as many attempts as it took');
}


# Asks for a job that is held, cancels it and lets it go.
sub cancelled
{
    my ($point, $ask, %who) = @_;
    my ($type) = $point =~ /^(\w+):/;
    my $hold = $t->write_file('hold', '');

    return killed($point, sub {
        my $r = $ask->();
        is($r->{status}, 202, 'is accepted') or diag($r->{text});
        my $job = $r->{json}{job};

        $t->wait_for('it to run', sub {
            $t->get("/v1/jobs/$job", %who)->{json}{state} eq 'running' });
        is($t->post("/v1/jobs/$job/cancel", {}, %who)->{status}, 202,
           '… and cancelled');
        unlink $hold or die "$hold: $!";
        return $r->{json};
    }, AUDIENCE_HOLD => "$type:started=$hold");
}


sub csv
{
    my ($round, $n) = @_;
    return "phoneNumber,name,round\n" . join '', map {
        "119876543" . (10 + $_) . ",Ana $_,$round\n" } 1 .. $n;
}


sub everybody
{
    my (%who) = @_;
    return $t->post('/v1/audiences', { name => 'All', filter => { all => [] } },
                    %who)->{json}{id};
}


# So that its tenant's audiences are not counted with others.
sub forget
{
    my ($audience, %who) = @_;
    is($t->delete("/v1/audiences/$audience", %who)->{status}, 204,
       'the audience goes');
}


sub mails { my @files = glob "$t->{root}/outbox/*.eml"; scalar @files }


# --- jobs that follow others --------------------------------------------------

# The third import is followed by a merge of all.
sub merge
{
    my ($point, %who) = @_;

    $t->import_file("$_.csv", csv($_, 50 - 10 * $_), %who) for 1, 2;
    my $r = killed("merge:$point", sub {
        $t->upload('3.csv', csv(3, 10), %who) });
    is($t->wait_import($r->{json}{id}, %who)->{state}, 'succeeded',
       'the import before it is there');
    done_once('merge', $point, %who);
    $t->wait_visible(%who);

    my $manifest = $t->read_file("$t->{root}/segments/$who{tenant}/MANIFEST");
    is(unpack('V', substr $manifest, 32, 4), 1, '… and one segment is left');
    is($t->count({ all => [] }, %who), 40, 'everybody is there');
    is($t->count({ field => 'round', op => 'equals', value => $_ }, %who),
       $_ == 2 ? 20 : 10, "… and rows of file $_") for 1 .. 3;
}


# A worker asks at its start where that was long ago.
sub sizes
{
    my ($point, %who) = @_;

    $t->import_file('1.csv', csv(1, 20), %who);
    my $audience = everybody(%who);
    $t->restart_worker;                         # notes when it was asked first
    $t->import_file('2.csv', csv(2, 30), %who);

    my $noted = Time::HiRes::time();
    $t->wait_for('a second', sub { Time::HiRes::time() > $noted + 1 });
    $t->write_worker_conf('audiences.sizes_seconds' => 1);
    killed("sizes:$point");
    done_once('sizes', $point, %who);

    is_deeply([map { $_->{size} } @{ $t->get("/v1/audiences/$audience", %who)
                                       ->{json}{sizes} }],
              [20, 30], 'the size is there, once');
    forget($audience, %who);
}


sub mail
{
    my ($point, %who) = @_;
    my $mails = mails();

    my $r = killed("mail:$point", sub { $t->upload('1.csv', csv(1, 20), %who) });
    is($t->wait_import($r->{json}{id}, %who)->{state}, 'succeeded',
       'the import before it is there');
    done_once('mail', $point, %who);
    is(mails(), $mails + 1, 'one e-mail is there');
}


# --- jobs that somebody asks for -----------------------------------------------

sub export
{
    my ($point, %who) = @_;

    $t->import_file('1.csv', csv(1, 20), %who);
    my $audience = everybody(%who);
    $t->wait_job($_->{id}, %who) for jobs('mail', %who);
    my $mails = mails();

    my $r = killed("export:$point", sub {
        $t->post("/v1/audiences/$audience/exports", {}, %who) });
    my $export = $t->wait_export($r->{json}{id}, %who);
    is($export->{state}, 'done', 'it is done after the start');
    done_once('export', $point, %who);
    is($t->get($export->{url})->{text} =~ tr/\n//, 21, 'its file is whole');
    is_deeply([glob "$t->{root}/exports/$who{tenant}/*.csv"],
              ["$t->{root}/exports/$who{tenant}/$export->{id}.csv"],
              '… and the only one');
    $t->wait_job($_->{id}, %who) for jobs('mail', %who);
    is(mails(), $mails + 1, 'one e-mail says so');
    forget($audience, %who);
}


sub export_given_up
{
    my ($point, %who) = @_;

    $t->import_file('1.csv', csv(1, 20), %who);
    my $audience = everybody(%who);
    my $export = cancelled("export:$point", sub {
        $t->post("/v1/audiences/$audience/exports", {}, %who) }, %who);

    is($t->wait_job($export->{job}, %who)->{state}, 'cancelled',
       'after the start it is cancelled');
    my $now = $t->get("/v1/exports/$export->{id}", %who)->{json};
    is($now->{state}, 'failed', '… as the export says');
    like($now->{error}, qr/cancelled/, '… and why');
    is_deeply([glob "$t->{root}/exports/$who{tenant}/*"], [], '… without a file');
    is(scalar jobs('mail', %who), 1, '… nor an e-mail');
    forget($audience, %who);
}


sub segment_given_up
{
    my ($point, %who) = @_;

    $t->import_file('1.csv', csv(1, 60), %who);
    my $run = cancelled("segment:$point", sub {
        $t->post('/v1/segmentations', {}, %who) }, %who);

    is($t->wait_job($run->{job}, %who)->{state}, 'cancelled',
       'after the start it is cancelled');
    my $now = $t->get("/v1/segmentations/$run->{id}", %who)->{json};
    is($now->{state}, 'cancelled', '… as the run says');
    is_deeply($t->get('/v1/audiences', %who)->{json}{items}, [],
              '… and no audience has come of it');
}


sub erase_given_up
{
    my ($point, %who) = @_;

    $t->import_file('1.csv', csv(1, 20), %who);
    my $person = $t->query(undef, limit => 1, %who)->{profiles}[0]{id};
    my $erasure = cancelled("resolve:$point", sub {
        $t->delete("/v1/profiles/$person", %who) }, %who);

    is($t->wait_job($erasure->{job}, %who)->{state}, 'cancelled',
       'after the start it is cancelled');
    is($t->get("/v1/audit/$erasure->{id}", %who)->{json}{state}, 'cancelled',
       '… as the audit trail says');
    is($t->get("/v1/profiles/$person", %who)->{status}, 200,
       '… and the person is there');
}


for my $type (sort keys %here) {
    for my $point (sort keys %{ $here{$type} }) {
        subtest "$type, killed at $point" => sub {
            $here{$type}{$point}->($point, tenant => "$type-$point" =~ tr/_/-/r);
        };
    }
}

$t->finish;
