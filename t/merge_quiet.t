# A base in which nothing changes any more becomes one segment, though merges of
# like sizes are never due.

use lib 't/lib';
use Audience::Test;

my $t = Audience::Test->start(worker => { 'segments.merge_at' => 1000,
                                          'segments.quiet_seconds' => 1 });

$t->import_file("$_.csv", "phoneNumber,name\n1198765430$_,Ana $_\n") for 1 .. 5;

$t->wait_for('one segment', sub {
    1 == unpack 'x32 V', $t->read_file("$t->{root}/segments/demo/MANIFEST")
});
$t->wait_visible;
is($t->count({ field => 'name', op => 'starts_with', value => 'ana' }), 5,
   'a quiet base becomes one segment, with everybody');
$t->finish;
