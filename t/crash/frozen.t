# A job's thread stands still for longer than its lease: the job is given to
# another one, and what the first does when it wakes up is refused.
#
# The thread is frozen by a cgroup of its own (the freezer of version 1, which
# takes single threads); that needs root.

use lib 't/lib';
use Audience::Test;

my $freezer = "/sys/fs/cgroup/freezer/aud-$$";

plan(skip_all => 'a thread is frozen by root alone') if $>;
plan(skip_all => 'there is no freezer for single threads here')
    unless mkdir $freezer;
END { rmdir $freezer if $freezer }

my $people = 2;
my $t = Audience::Test->start(worker => { 'worker.lease_seconds' => 5,
                                          'import.area_code' => '11' });


sub set_to
{
    my ($name, $text) = @_;

    open my $file, '>', "$freezer/$name" or die "$freezer/$name: $!";
    syswrite $file, "$text\n" or die "$freezer/$name: $!";
}


sub threads { map { m{(\d+)$} } glob '/proc/' . $t->pid('worker') . '/task/*' }


# The one that waits for the file to go looks at it again and again.
sub held_thread
{
    return $t->wait_for('a thread that is held', sub {
        for my $thread (threads()) {
            my $call = eval { $t->read_file('/proc/' . $t->pid('worker')
                                            . "/task/$thread/syscall") } // '';
            return $thread if $call =~ /^(?:35|230|101|115) /;  # nanosleep
        }
        0;
    });
}


sub mails
{
    my ($user) = @_;
    my @mine = grep { $t->read_file($_) =~ /^To: .*$user\@/m }
                    glob "$t->{root}/outbox/*.eml";
    return scalar @mine;
}


$t->import_file('crm.csv', "phoneNumber\n11987654301\n11987654302\n");
my $audience = $t->post('/v1/audiences', { name => 'All',
                                           filter => { all => [] } })->{json};

# Before it has done anything, and when its file is there and nobody knows that.
for my $point (qw(started written)) {
    subtest "an export that stands still when $point" => sub {
        $t->hold_jobs("export:$point");
        my $r = $t->post("/v1/audiences/$audience->{id}/exports", {},
                         user => "$point\@example.com");
        is($r->{status}, 202, 'an export is asked for');

        my $thread = held_thread();
        set_to('tasks', $thread);
        set_to('freezer.state', 'FROZEN');
        $t->wait_for('it to be frozen', sub {
            $t->read_file("$freezer/freezer.state") =~ /^FROZEN/ });
        $t->release_jobs;

        my $export = $t->wait_export($r->{json}{id});
        is($export->{state}, 'done', 'another thread does it');
        is($t->wait_job($r->{json}{job})->{attempts}, 2,
           '… as a second attempt');
        like($t->worker_log, qr/"a job hangs and is given up"/,
             '… and the log says so');
        $t->wait_for('an e-mail', sub { mails($point) });
        my $file = $t->get($export->{url})->{text};
        is($file =~ tr/\n//, 1 + $people, 'its file has those who are there');

        # What the first would write now is another file.
        $people++;
        $t->import_file('more.csv', "phoneNumber\n1198765430$people\n");
        set_to('freezer.state', 'THAWED');
        $t->wait_for('the first to end', sub {
            !grep { $_ == $thread } threads() });

        is_deeply($t->get("/v1/exports/$r->{json}{id}")->{json},
                  { %$export, downloads => 1 },
                  'what it did is refused: the export is as it was');
        is($t->get($export->{url})->{text}, $file, '… with the same file');
        is($t->get("/v1/jobs/$r->{json}{job}")->{json}{attempts}, 2,
           '… and its job');
        is(mails($point), 1, '… and one e-mail');
        is_deeply([ glob "$t->{root}/exports/demo/*.tmp*" ], [],
                  '… and nothing is left');
    };
}

is($t->wait_export($t->post("/v1/audiences/$audience->{id}/exports", {})
                     ->{json}{id})->{rows}, $people, 'the next one has everybody');
$t->finish;
