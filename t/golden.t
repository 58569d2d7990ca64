# Data folders that earlier versions wrote, with an upload that waits and a log
# that was not flushed, open and answer as they did (t/golden/make makes one).

use lib 't/lib';
use Audience::Golden;
use Audience::Test;
use JSON::PP ();

my @folders = sort glob 't/golden/*.tar.xz';

cmp_ok(scalar @folders, '>', 0, 'there are golden folders');

for my $folder (@folders) {
    subtest $folder => sub {
        my $t = Audience::Test->prepare(worker => { 'import.area_code' => '11' });

        system('tar', '-C', $t->{root}, '-xJf', $folder) == 0 or die "tar: $?\n";
        system('chown', '-R', "$>:" . ($) + 0), $t->{root});
        $t->start_worker;
        $t->start_nginx;
        settled($t);

        my ($expected) = $folder =~ s/\.tar\.xz$/.json/r;
        my $is = answers($t);
        my $was = JSON::PP->new->utf8->decode($t->read_file($expected));

        is_deeply($is->{$_}, $was->{$_}, $_) for sort keys %$was;
        $t->finish;
    };
}

done_testing();
