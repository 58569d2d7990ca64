# The worker needs more memory than it may have: the kernel kills it, and started
# again it has lost nothing.
#
# A memory cgroup, of either version; that needs root.

use lib 't/lib';
use Audience::Test;

my ($group, $limit);

for (['/sys/fs/cgroup/memory', 'memory.limit_in_bytes'],
     ['/sys/fs/cgroup', 'memory.max'])
{
    my $path = "$_->[0]/aud-$$";

    next if $> || !mkdir $path;
    ($group, $limit) = ($path, "$path/$_->[1]");
    last if -e $limit;
    rmdir $path;
    undef $group;
}
END { rmdir $group if $group }

plan(skip_all => 'there is no memory cgroup that this test may make')
    unless $group;

my $t = Audience::Test->start(worker => { 'import.area_code' => '11' });


sub set_to
{
    my ($path, $text) = @_;

    open my $file, '>', $path or die "$path: $!";
    syswrite $file, "$text\n" or die "$path: $!";
}


$t->import_file('before.csv', "phoneNumber\n11987654321\n");
my $audience = $t->post('/v1/audiences', { name => 'All',
                                           filter => { all => [] } })->{json};

# What it has already is not counted: this is for what comes.
set_to($limit, 12 * 1024 * 1024);
set_to("$group/cgroup.procs", $t->pid('worker'));

my $r = $t->upload('crm.csv', "phoneNumber,name,city\n" . join '', map {
    sprintf "119%08d,Name %d,City %d %d\n", $_, $_, $_ % 977, $_ }
    1 .. 40_000);
is($r->{status}, 202, 'a large file is accepted');

my $status = $t->reap('worker', 120);
is($status && $status & 127, 9, 'the worker is killed for its memory');
is($t->count({ all => [] }), 1, 'queries go on');

$t->start_worker;
my $import = $t->wait_import($r->{json}{id});
is($import->{state}, 'succeeded', 'with more memory the file is imported');
is($import->{rows}{imported}, 40_000, '… whole');
cmp_ok($t->wait_job($r->{json}{job})->{attempts}, '>', 1,
       '… by another attempt');
$t->wait_visible;
is($t->count({ audience => $audience->{id} }), 40_001, '… once');
$t->finish;
