# The power is cut at random moments under random load: the data folder is a file
# system of its own (ext4 in a file), which is shut down as it stands, so that
# nothing gets to its disk that was not synced (FS_IOC_SHUTDOWN, without a flush of
# its journal).  It is mounted again, its journal replayed, and what was
# acknowledged is there, once.
#
# Needs root, to mount.

use lib 't/lib';

# In a mount namespace of this test's own, which the kernel takes down with it.
BEGIN {
    if ($> == 0 && !$ENV{AUDIENCE_STAGE}++) {
        my @unshare = ('unshare', '--mount');

        # Where / is no mount point, as in a chroot.
        push @unshare, '--propagation', 'unchanged'
            if system("@unshare true 2>/dev/null") != 0;
        exec @unshare, $^X, $0 or die "unshare: $!\n";
    }
}

use Audience::Crash;
use Audience::Oracle;
use Audience::Test;
use File::Temp ();

use constant {
    FS_IOC_SHUTDOWN => 0x8004587d,      # _IOR('X', 125, __u32), linux/fs.h
    NO_LOG_FLUSH    => 2,               # EXT4_GOING_FLAGS_NOLOGFLUSH
};

plan(skip_all => 'a power cut needs root, to mount a file system') if $>;

my $dir = File::Temp::tempdir('aud-power-XXXXXX', TMPDIR => 1);
my ($disk, $root) = ("$dir/disk", "$dir/root");

mkdir $root or die "$root: $!";
run('truncate', '-s', '512M', $disk);
run('mkfs.ext4', '-q', '-F', '-E', 'lazy_itable_init=0', $disk);
mount();
END { local $?; system "umount -l $root 2>/dev/null; rm -rf $dir" if $dir }

my $t = Audience::Test->start(root => "$root/data", worker => {
    'worker.job_max_attempts' => 100, 'import.area_code' => '11',
    'segmentation.fresh_people' => 1 });
my $oracle = Audience::Oracle->new($t, seed => seed(), cut => \&cut);

# What the two have to say about a disk that is gone, before they are gone, too:
# Debian's RocksDB has assertions, which a second write meets after one that failed.
my $gone = qr/Input\/output error|IO error|Read-only file system/;
$t->expect_nginx($gone);
$t->expect_worker(qr/$gone|Assertion/);

$oracle->turn for 1 .. turns(3, 30);
$oracle->finish;
$t->finish;


sub run { system(@_) == 0 or die "@_ failed\n" }
sub mount { run('mount', '-o', 'loop', $disk, $root) }


sub cut
{
    open my $top, '<', $root or die "$root: $!";
    my $flags = pack 'L', NO_LOG_FLUSH;
    ioctl($top, FS_IOC_SHUTDOWN, $flags) or die "FS_IOC_SHUTDOWN: $!\n";
    close $top;

    Audience::Oracle::kill_nginx($t);
    $t->kill_worker;
    $t->wait_for('the disk to be let go of', sub {
        system("umount $root 2>/dev/null") == 0 });
    mount();
}
