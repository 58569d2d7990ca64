# A MANIFEST that is replaced while nginx looks at it is not taken for none: people
# who are there are never counted as nobody, and fields are never unknown.

use lib 't/lib';
use Audience::Test;

my $t = Audience::Test->prepare(worker => { 'import.area_code' => '11' });

$t->{options}{nginx_env} = {
    preload => Audience::Stack->build . '/t/preload/replaced_manifest.so',
};
$t->start_worker;
$t->start_nginx;

for my $n (1 .. 3) {
    my $r = $t->upload("$n.csv", "phoneNumber,name,idade\n1198765432$n,Ana,3$n\n");

    is($t->wait_job($r->{json}{job})->{state}, 'done', "import $n is done");

    my $answer = $t->post('/v1/query', { filter => { field => 'idade',
                                                     op => 'exists' } });
    is($answer->{json}{count}, $n, '… and in the next answer')
        or diag($answer->{text});
}

$t->finish;
