# The 202 of an upload is sent when the upload is on disk, and not before: the
# file, its name and the worker's record of it, in that order.  strace watches
# both processes at once, so that there is one order of all their calls.

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
    exec { 'strace' } 'strace', '-f', '-q', '-y', '-s', '2000', '-p', $nginx,
         '-p', $worker, '-o', $log, '-e',
         'trace=fsync,fdatasync,rename,write,writev,sendto,sendmsg,pwrite64'
        or POSIX::_exit(1);
}
END { if ($strace) { local $?; kill 'TERM', $strace; waitpid $strace, 0 } }

for my $pid ($nginx, $worker) {
    $t->wait_for('strace to attach', sub {
        my @traced = grep { $t->read_file($_) =~ /^TracerPid:\s+$strace$/m }
                     my @all = glob "/proc/$pid/task/*/status";
        @traced == @all });
}

my $r = $t->upload('crm.csv', "phoneNumber,name\n11987654321,Ana\n");
is($r->{status}, 202, 'an upload is accepted');

my $name = $r->{json}{id};
$t->wait_import($name);
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

my $spool = "$t->{root}/spool/demo";
my $after = -1;


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
     qr{^rename\("[^"]*\Q$name\E[^"]*", "\Q$spool/$name\E\.csv"\) += 0});
then('then it is synced', qr{^fsync\(\d+<\Q$spool/$name\E\.csv>\) += 0});
then('then the name is synced', qr{^fsync\(\d+<\Q$spool\E>\) += 0});
then('then the worker is told', qr{^\w+\(\d+<socket:.*\Q$name\E});
then('which writes its record to the log of the store',
     qr{^(?:write|pwrite64)\(\d+<\Q$t->{root}\E/db/\d+\.log>});
my $durable = then('and syncs it',
    qr{^f(?:data)?sync\(\d+<\Q$t->{root}\E/db/\d+\.log>\) += 0});
# of docs/protocol.md: a frame of kind 2, then the status, whose bytes are 0 and 0312
then('then it answers', qr{^\w+\(\d+<socket:.*?\\2\\0\\312.*\Q$name\E});
then('and nginx the client', qr{^\w+\(\d+<\w+:.*HTTP/1\.1 202 });

my ($early) = grep { $_->[3] =~ m{HTTP/1\.1 202 } && $_->[0] < $durable->[1] }
              @calls;
is($early, undef, 'no 202 before');

$t->finish;
