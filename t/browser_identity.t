# Pages: who is one person and why, rules about it, and who was erased.

use lib 't/lib';
use Audience::Browser 'tell_stories';
use Audience::Test;

my $t = Audience::Test->start(worker => { 'import.area_code' => '11' });


# Of each language: Ana, of two files; Bia and Caio, who share her phone and her
# address; Davi, whose phone the operator lists; Eva and Fabio, of whom a rule
# says that they are one; two who are to be erased, Zeca and Yara.
sub people
{
    my (%who) = @_;

    $t->import_file('crm.csv', "phoneNumber,name,email,taxDocument,plano\n"
        . "11970000001,Ana Lima,ana\@x.com,52998224725,Ouro\n"
        . "11970000001,Bia Reis,,,Prata\n"
        . ",Ana Lima,ana\@x.com,11144477735,\n"
        . "11999999999,Davi Luz,davi\@x.com,,\n"
        . "11970000005,Eva Sol,,,\n"
        . "11970000006,Fabio Rio,,,\n"
        . "11970000007,Zeca Souza,,,Bronze\n"
        . "11970000008,Yara Nunes,,,Bronze\n", %who);
    $t->import_file('loja.csv',
        "phoneNumber,name,loja\n11970000001,Ana L.,Centro\n", %who);

    my ($eva, $fabio) = map {
        $t->get("/v1/profiles?phone=1197000000$_", %who)->{json}{items}[0]{id}
    } 5, 6;

    rule({ type => 'together', profiles => [$eva, $fabio] }, %who);
    rule({ type => 'blocked', kind => 'email', value => 'davi@x.com' }, %who);
}


sub rule
{
    my ($rule, %who) = @_;
    my $r = $t->post('/v1/resolution/rules', $rule, %who,
                     user => 'bia@example.com');

    die $r->{text} if $r->{status} != 202;
    $t->wait_job($r->{json}{job}, %who);
    $t->wait_visible(%who);
}


people(tenant => $_) for qw(pt-br en es);
tell_stories($t, 'identity');

$t->finish;
