# Backups: made while people work, each restores to one moment; who was erased
# stays erased; where none can be made the reason is told and nothing is left.

use lib 't/lib';
use Audience::Frames;
use Audience::Test;
use File::Temp 'tempdir';
use Time::HiRes 'sleep';

my $seed = $ENV{SEED} || 1;
my $t = Audience::Test->start;
my $folder = tempdir('aud-backup-XXXXXX', TMPDIR => 1, CLEANUP => 1);
my $program = Audience::Stack->build . '/audience-worker';

srand $seed;


# What the program said, and its status.
sub backup
{
    my ($dir, $settings) = @_;

    $settings ||= "$t->{dir}/worker.conf";
    my $said = qx{'$program' -c '$settings' --backup '$dir' 2>&1};

    return ($said, $? >> 8);
}


# One thing after the other, each once the one before was answered with 2xx:
# whatever of it is in a backup must be its beginning.
sub do_work
{
    my ($i) = @_;

    my $r = $i % 3 == 0
        ? $t->upload("arquivo-$i.csv", "phoneNumber,passo\n"
            . join '', map { sprintf "+55119%04d%04d,$i\n", $i, $_ } 1 .. 20)
        : $i % 3 == 1
        ? $t->post('/v1/audiences', { name => "publico-$i",
              filter => { field => 'passo', op => 'equals', value => "$i" } })
        : $t->post('/v1/extras', sprintf(
              '{"phone": "+55219%04d0001", "extras": {"passo%d": 1}}' . "\n",
              $i, $i), type => 'application/x-ndjson');

    return $r->{status} =~ /^2/ ? '' : "$r->{status} $r->{text}";
}


sub work
{
    my ($log) = @_;

    my $pid = fork;
    die "fork: $!" unless defined $pid;
    return $pid if $pid;

    open my $out, '>', $log or die "$log: $!";
    $out->autoflush(1);

    for (my $i = 0;; $i++) {
        print $out "begun $i\n";
        my $failed = do_work($i);
        print $out $failed ? "failed: $failed\n" : "done $i\n";
        last if $failed;
        sleep 0.03 * rand;
    }

    POSIX::_exit(1);
}


# The number of things begun and done by now.
sub progress
{
    my ($log) = @_;

    my $text = $t->read_file($log);
    die $text if $text =~ /^failed/m;
    return (scalar(() = $text =~ /^begun/mg), scalar(() = $text =~ /^done/mg));
}


# The numbers of the steps that an installation knows.
sub steps
{
    my ($s) = @_;
    my @found;

    for my $list (['/v1/imports', 'filename'], ['/v1/audiences', 'name']) {
        my ($path, $name) = @$list;
        my $items = $s->get("$path?limit=1000")->{json}{items};

        push @found, map { ($_->{$name} || '') =~ /-(\d+)/ ? $1 : () } @$items;
    }
    push @found, map { $_->{name} =~ /^extra\.passo(\d+)$/ ? $1 : () }
        @{ $s->get('/v1/fields')->{json}{items} };

    return sort { $a <=> $b } @found;
}


# A worker and an nginx over a copy of a backup.
sub restore
{
    my ($dir, $erased) = @_;

    my $s = Audience::Test->prepare;

    system('rm', '-rf', "$s->{root}/db", "$s->{root}/spool");
    system('cp', '-a', "$dir/db", "$dir/spool", "$s->{root}/") == 0
        or die "cp: $?\n";
    system('cp', '-a', $erased || "$dir/erased", "$s->{root}/") == 0
        or die "cp: $?\n";
    $s->start_worker;
    $s->start_nginx;
    $s->expect_worker(qr/base unusable|older than the list/);
    $s->wait_for('all jobs', sub {
        !grep { $_->{state} =~ /^(ready|scheduled|running)$/ }
            @{ $s->get('/v1/jobs?limit=1000')->{json}{items} };
    });
    $s->wait_visible;
    return $s;
}


sub people_with { $_[0]->count({ field => 'phoneNumber', op => 'equals', value => $_[1] }) }


sub erase
{
    my ($phone) = @_;

    my $found = $t->get("/v1/profiles?phone=$phone")->{json}{items};
    my $r = $t->delete("/v1/profiles/$found->[0]{id}");

    is($t->wait_job($r->{json}{job})->{state}, 'done', "$phone is erased");
    $t->wait_visible;
}


# --- under load ---------------------------------------------------------------

diag("SEED=$seed");
$t->import_file('base.csv', "phoneNumber,name,passo\n"
    . join '', map { sprintf "+55119700%05d,Pessoa %d,base\n", $_, $_ } 1 .. 500);
erase('11970000001');

my $log = "$t->{dir}/work";
$t->write_file('work', '');
my $worker = work($log);
my @made;

for my $n (1 .. 8) {
    # The worker clears up once the one before has gone.
    $t->wait_for('the backup before to be over', sub { !-e "$t->{root}/backup" });

    my ($before) = (progress($log))[1] + 2;
    $t->wait_for('some work', sub { (progress($log))[1] >= $before });

    my $done = (progress($log))[1];
    my ($said, $status) = backup("$folder/$n");
    is($status, 0, "backup $n") or diag($said);
    like($said, qr{^\Q$folder/$n\E: \d+ files, [\d.]+ MB$}, '… says how much');
    push @made, { dir => "$folder/$n", least => $done,
                  most => (progress($log))[0] };
}

kill 'KILL', $worker;
waitpid $worker, 0;
$t->wait_for('backups to be over', sub { !-e "$t->{root}/backup" });

# An import that is held stands in the spool, and goes into the base later.
$t->hold_jobs('import:started');
my $held = $t->upload('seguro.csv', "phoneNumber,passo\n+5531960000001,-1\n")->{json};
my ($said, $status) = backup("$folder/held");
is($status, 0, 'a backup while an import runs') or diag($said);
ok(-s "$folder/held/spool/demo/$held->{id}.csv", '… has its file');
$t->release_jobs;
is($t->wait_import($held->{id})->{state}, 'succeeded', '… which goes on');
$t->wait_visible;
erase('11970000002');

for my $backup (@made) {
    subtest "restored from $backup->{dir}" => sub {
        my $s = restore($backup->{dir});
        my @steps = steps($s);
        my $imports = grep { $_ % 3 == 0 } @steps;
        my $extras = grep { $_ % 3 == 2 } @steps;

        is_deeply(\@steps, [0 .. $#steps], 'the beginning of what was done');
        cmp_ok(scalar @steps, '>=', $backup->{least}, 'all that was done before');
        cmp_ok(scalar @steps, '<=', $backup->{most}, 'nothing that came later');
        is($s->count({ all => [] }), 499 + 20 * $imports + $extras,
           'with all its people');
        is_deeply([grep { $_->{state} ne 'succeeded' }
                   @{ $s->get('/v1/imports?limit=1000')->{json}{items} }], [],
                  'each import ended well');
        is(people_with($s, '+5511970000001'), 0, 'who was erased is not there');
        is(people_with($s, '+5511970000002'), 1, 'who was not yet is');
        $s->finish;
    };
}

subtest 'the newest list of who was erased beside an older store' => sub {
    my $s = restore("$folder/held", "$t->{root}/erased");

    is(people_with($s, '+5511970000001'), 0, 'who was erased before is not there');
    is(people_with($s, '+5511970000002'), 0, 'nor who was erased later');
    is(people_with($s, '+5531960000001'), 1, 'the import that was held is done');
    is(system('grep', '-rqaF', '970000002', $s->{root}) >> 8, 1,
       'nothing of that person is in the data folder');
    $s->finish;
};


# --- where none can be made ---------------------------------------------------

($said, $status) = backup("$folder/1");
is($status, 1, 'not into a folder that is there');
like($said, qr{^no backup: \Q$folder/1\E is there already}, '… which is said');

($said, $status) = backup("$folder/no/such");
is($status, 1, 'not where there is no folder');
like($said, qr{no such file}i, '… which is said');

my $peer = dial($t);
print {$peer} request('BACKUP', '/backup');
like(take($t, $peer, 5), qr/^...[^\0]\x02/s, 'somebody makes a backup');
ok(-d "$t->{root}/backup/db", '… which is laid aside');
($said, $status) = backup("$folder/second");
is($status, 1, 'not two at a time');
like($said, qr{another backup is being made}i, '… which is said');
ok(!-e "$folder/second.partial", '… and nothing is left');
close $peer;
$t->wait_for('it to be removed', sub { !-e "$t->{root}/backup" });
($said, $status) = backup("$folder/second");
is($status, 0, 'then it is made') or diag($said);
$t->wait_for('it to be removed', sub { !-e "$t->{root}/backup" });

$peer = dial($t);
print {$peer} request('BACKUP', '/backup');
take($t, $peer, 5);
$t->kill_worker;
ok(-d "$t->{root}/backup/db", 'a worker that is killed leaves it');
($said, $status) = backup("$folder/rest");
is($status, 0, 'where no worker runs a backup is made all the same') or diag($said);
ok(!-e "$folder/rest/backup", '… of what belongs into it');
$t->start_worker;
ok(!-e "$t->{root}/backup", '… and the next worker removes what was left');

subtest 'restored from files at rest' => sub {
    my $s = restore("$folder/rest");

    is($s->count({ all => [] }), $t->count({ all => [] }), 'everybody is there');
    $s->finish;
};

is($t->post('/v1/backup', {})->{status}, 404, 'nobody makes one over HTTP');
$t->finish;
