# What is said to be there is on disk before it is said: an upload before its 202,
# a segment before the commit that speaks of it, an export and an e-mail before
# their jobs are done.  strace watches both processes at once, so that there is
# one order of all their calls.

use lib 't/lib';
use Audience::Test;

my $t = Audience::Test->start;
my $log = "$t->{dir}/strace.out";

# The folder of the tenant is there, and no merge or e-mail is left to do.
$t->import_file('before.csv', "phoneNumber\n11987654320\n");
$t->wait_for('the jobs to end', sub {
    !grep { $_->{state} !~ /^(?:done|dead)$/ }
          @{ $t->get('/v1/jobs')->{json}{items} } });

my ($nginx) = $t->nginx_workers;
my $worker = $t->pid('worker');
my $strace = fork // die "fork: $!";
if ($strace == 0) {
    open STDERR, '>', "$t->{dir}/strace.err";
    exec { 'strace' } 'strace', '-f', '-q', '-y', '-s', '8000', '-p', $nginx,
         '-p', $worker, '-o', $log, '-e',
         'trace=fsync,fdatasync,rename,write,writev,sendto,sendmsg,pwrite64'
        or POSIX::_exit(1);
}
END { if ($strace) { local $?; kill 'TERM', $strace; waitpid $strace, 0 } }

for my $pid ($nginx, $worker) {
    $t->wait_for('strace to attach', sub {
        my @traced = grep { (eval { $t->read_file($_) } // '')
                            =~ /^TracerPid:\s+$strace$/m }
                     my @all = glob "/proc/$pid/task/*/status";
        @traced == @all });
}

# Of a tenant that has no folders yet.
my %new = (tenant => 'new');
my $r = $t->upload('crm.csv', "phoneNumber,name\n11987654321,Ana\n", %new);
is($r->{status}, 202, 'an upload is accepted');

my $name = $r->{json}{id};
$t->wait_import($name, %new);
my $mail = $t->wait_for('an e-mail', sub {
    (grep { $_->{type} eq 'mail' && $_->{state} eq 'done' }
          @{ $t->get('/v1/jobs', %new)->{json}{items} })[0] });

my $audience = $t->post('/v1/audiences', { name => 'All',
                                           filter => { all => [] } }, %new);
my $export = $t->post("/v1/audiences/$audience->{json}{id}/exports", {}, %new)
               ->{json}{id};
$t->wait_export($export, %new);
kill 'TERM', $strace;
waitpid $strace, 0;
undef $strace;


# The calls as [ begin, end, pid, text ], begin and end being lines of the log.
# One that another thread's interrupts has two lines.
my (@calls, %unfinished);
my @lines = split /\n/, $t->read_file($log);

for my $n (0 .. $#lines) {
    my ($pid, $text) = $lines[$n] =~ /^(\d+) +(.*)/ or next;

    if ($text =~ s/ <unfinished \.\.\.>$//) {
        $unfinished{$pid} = [ $n, undef, $pid, $text ];

    } elsif ($text =~ s/^<\.\.\. \w+ resumed>//) {
        my $call = delete $unfinished{$pid} or next;
        push @calls, [ $call->[0], $n, $pid, $call->[3] . $text ];

    } else {
        push @calls, [ $n, $n, $pid, $text ];
    }
}
@calls = sort { $a->[0] <=> $b->[0] } @calls;

my $spool = "$t->{root}/spool/new";
my $after = -1;


# A file that is written or given its name, a file or folder that is synced, a
# write to the log of the store.
sub named   { qr{^rename\("[^"]*$_[0]", "\Q$t->{root}\E/$_[1]"\) += 0} }
sub synced  { qr{^fsync\(\d+<\Q$t->{root}\E/$_[0]>\) += 0} }
sub logged  { qr{^(?:write|pwrite64)\(\d+<\Q$t->{root}\E/db/\d+\.log>.*$_[0]} }
sub flushed { qr{^f(?:data)?sync\(\d+<\Q$t->{root}\E/db/\d+\.log>\) += 0} }


# The first such call that begins when the one before has ended.
sub then
{
    my ($what, $pattern) = @_;
    my ($call) = grep { $_->[0] > $after && $_->[3] =~ $pattern } @calls;

    ok($call, $what)
        or diag(map { substr("$_->[0]-$_->[1] $_->[3]", 0, 120) . "\n" } @calls);
    $after = $call->[1] if $call;
    return $call;
}


then('the file gets its name',
     named("$name\\.csv\\.part", "spool/new/$name\\.csv"));
then('then it is synced', synced("spool/new/$name\\.csv"));
then('then the name is synced', synced('spool/new'));
then('then that of the folder', synced('spool'));
then('then the worker is told', qr{^\w+\(\d+<socket:.*\Q$name\E});
then('which writes its record to the log of the store', logged($name));
my $durable = then('and syncs it', flushed());
# of docs/protocol.md: a frame of kind 2, then the status, whose bytes are 0 and 0312
then('then it answers', qr{^\w+\(\d+<socket:.*?\\2\\0\\312.*\Q$name\E});
then('and nginx the client', qr{^\w+\(\d+<\w+:.*HTTP/1\.1 202 });

my ($early) = grep { $_->[3] =~ m{HTTP/1\.1 202 } && $_->[0] < $durable->[1] }
              @calls;
is($early, undef, 'no 202 before');

# The import and nginx's answer go on side by side.
$after = $durable->[1];
then('the import syncs its segment', synced('segments/new/\d+\.seg'));
then('then a manifest', synced('segments/new/MANIFEST\.\d+'));
then('then their names', synced('segments/new'));
then('then it is committed', logged('succeeded'));
then('on disk', flushed());
then('then the manifest takes its place',
     named('segments/new/MANIFEST\.\d+', 'segments/new/MANIFEST'));
then('and its name is synced', synced('segments/new'));

my ($folder) = grep { $_->[3] =~ synced('segments') && $_->[1] < $after } @calls;
ok($folder, 'the name of the new folder too');

my $letter = "outbox/.*$mail->{id}.*";
$after = $durable->[1];
then('an e-mail is synced', synced($letter));
then('then it gets its name', named("$mail->{id}.*", $letter));
then('then the name is synced', synced('outbox'));
then('then its job is done', logged('(?=.*import_finished).*done'));

then('an export is synced', synced("exports/new/[^>]*$export.*"));
then('then it gets its name', named("$export.*", "exports/new/$export\\.csv"));
then('then the name is synced', synced('exports/new'));
then('then it is done', logged("$export.*done"));
ok((grep { $_->[3] =~ synced('exports') && $_->[1] < $after } @calls),
   'the name of the new folder is synced as well');

$t->finish;
