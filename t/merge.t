# Many imports: segments are merged in the background, and no query notices.

use lib 't/lib';
use Audience::Test;

my $t = Audience::Test->start(worker => { 'segments.merge_at' => 3 });

for my $n (1 .. 12) {
    $t->import_file("$n.csv", "phoneNumber,name,rodada\n"
                    . "119876543" . (10 + $n) . ",Ana $n,$n\n"
                    . "11987654399,Todos,$n\n");

    is($t->count({ field => 'name', op => 'exists' }), $n + 1,
       "$n imports: everybody is counted once");
    is($t->count({ field => 'rodada', op => 'equals', value => $n }), 2,
       'with the newest values');
}

$t->wait_for('all merges to end', sub {
    !grep { $_->{state} ne 'done' } jobs('merge')
});

cmp_ok(scalar jobs('merge'), '>', 0, 'merges ran as jobs');

# Superseded files stay for a minute; the manifest names fewer.
my $manifest = $t->read_file("$t->{root}/segments/demo/MANIFEST");
my $segments = unpack 'V', substr $manifest, 32, 4;
cmp_ok($segments, '<', 5, 'few segments are left');

is($t->count({ field => 'name', op => 'exists' }), 13, 'and everybody');
is($t->count({ field => 'rodada', op => 'equals', value => 12 }), 2,
   'with their values');

$t->restart_worker;
$t->import_file('last.csv', "phoneNumber,name\n11987654398,Caio\n");
is($t->count({ field => 'name', op => 'exists' }), 14,
   'so it is after a start');

# What the worker writes is checked before a manifest names it: a segment that is
# put there anew, without any manifest, is mapped by nginx.
$t->stop_worker;

my ($segment) = reverse glob "$t->{root}/segments/demo/*.seg";
my $bytes = $t->read_file($segment);

unlink $segment or die "$segment: $!";
open my $file, '>:raw', $segment or die "$segment: $!";
print {$file} $bytes;
close $file;

my ($nginx) = $t->nginx_workers;

$t->wait_for('nginx to open it', sub {
    $t->read_file("/proc/$nginx/maps") =~ /\Q$segment\E$/m    # not deleted
});
pass('nginx checks a segment as soon as it is there');

$t->finish;


sub jobs
{
    my ($type) = @_;
    return grep { $_->{type} eq $type }
           @{ $t->get('/v1/jobs?limit=1000')->{json}{items} };
}
