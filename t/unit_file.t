# The unit of systemd: it leaves little open, and the worker can do in it all
# that it does.  No systemd runs here: its own tools judge the file.

use lib 't/lib';
use Audience::Test;
use File::Temp ();

my $text = Audience::Test->read_file('conf/audience-worker.service');
my $dir = File::Temp->newdir;
my $unit = "$dir/audience-worker.service";

$text =~ s/\@PREFIX\@/\/usr/g;
open my $file, '>', $unit or die $!;
print {$file} $text;
close $file;


# All values of a key; each line of it adds to the former.
sub values_of { map { split ' ' } $text =~ /^$_[0]=(.*)$/mg }


# Which calls SystemCallFilter= allows: the first line says whether they are
# named or refused, later ones add and take away.
sub allowed_calls
{
    my %allowed;

    for my $line ($text =~ /^SystemCallFilter=(.*)$/mg) {
        my $refuse = $line =~ s/^~//;

        for my $call (map { calls_of($_) } split ' ', $line) {
            $refuse ? delete $allowed{$call} : ($allowed{$call} = 1);
        }
    }
    return \%allowed;
}


sub calls_of
{
    my ($name) = @_;

    return $name unless $name =~ /^\@/;
    return map { calls_of($_) }
           qx{systemd-analyze --no-pager syscall-filter $name} =~ /^ +([\@\w-]+)$/mg;
}


my $report = qx{systemd-analyze security --no-pager --offline=true --threshold=20 $unit 2>&1};
is($?, 0, 'its exposure is below 2.0') or diag($report);
unlike($report, qr/ignoring|Unknown|error/i, 'systemd knows all that it says');

# With a program that is there; what is wrong does not change its status.
(my $built = $text) =~ s{/usr/sbin/(?=audience-worker )}{Audience::Test->build . '/'}e;
my $checked = "$dir/built/audience-worker.service";
mkdir "$dir/built" or die $!;
open $file, '>', $checked or die $!;
print {$file} $built;
close $file;
is(scalar qx{systemd-analyze verify --man=no $checked 2>&1}, '',
   'nor finds anything wrong with it');

is_deeply([values_of('PrivateUsers')], [],
          'peers of the socket are seen by their real ids');
is_deeply([values_of('LimitCORE')], [0], 'no core holds people\'s data');
is_deeply([map { values_of($_) } qw(User Group)], ['audience', 'www-data'],
          'a user of its own, in the group of nginx');
is_deeply([map { values_of($_) } qw(StateDirectory RuntimeDirectory)],
          ['audience', 'audience'], 'it may write the folders of the settings');

my $conf = Audience::Test->read_file('conf/worker.conf');
like($conf, qr{^root = /var/lib/audience$}m, 'which are the state folder');
like($conf, qr{^socket = /run/audience/}m, 'and the folder of the socket');

is_deeply([grep { /ExecStart=/ && /-c (\S+)/ && $1 ne '/etc/audience/worker.conf' }
           split /\n/, $text], [], 'the settings are in /etc/audience');

my $allowed = allowed_calls();
cmp_ok(scalar keys %$allowed, '>', 200, 'calls that the filter allows');
ok(!$allowed->{$_}, "$_ is not among them") for qw(mount ptrace setuid reboot bpf);

SKIP: {
    # LeakSanitizer does not work under strace.
    skip 'the plain worker is traced', 1 if Audience::Test->sanitize;

    my $t = Audience::Test->prepare;
    my $calls = $t->dir . '/calls';

    $t->start_worker(under => ['strace', '-D', '-f', '-qq', '-c', '-U', 'name',
                               '-o', $calls]);
    $t->start_nginx;
    $t->import_file('crm.csv', "phoneNumber,name\n11987654321,Ana\n"
                               . "21987654321,Bia\n");

    my $audience = $t->post('/v1/audiences',
                            { name => 'All', filter => { all => [] } })->{json};
    my $export = $t->post("/v1/audiences/$audience->{id}/exports", '')->{json};
    is($t->wait_export($export->{id})->{state}, 'done', 'a worker with work to do');

    my ($person) = @{ $t->query({ all => [] })->{profiles} };
    my $erasing = $t->delete("/v1/profiles/$person->{id}")->{json};
    $t->wait_job($erasing->{job});
    is($t->stop_worker, 0, 'ends');

    my @called = $t->wait_for('the tracer to write', sub {
        -s $calls && $t->read_file($calls) =~ /^total$/m
            ? [grep { !/^(syscall|total|-+)$/ }
               $t->read_file($calls) =~ /^(\S+)$/mg] : 0;
    });
    @called = @{ $called[0] };

    cmp_ok(scalar @called, '>', 40, 'what it called');
    is_deeply([grep { !$allowed->{$_} } @called], [],
              'is allowed, all of it');
    $t->stop_nginx;
    $t->finish;
    exit;
}

done_testing();
