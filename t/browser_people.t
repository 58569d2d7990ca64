# People, as those meet them who look for one.

use utf8;

use lib 't/lib';
use Audience::Browser 'tell_stories';
use Audience::Test;
use JSON::PP ();

my $t = Audience::Test->start(worker => { 'import.area_code' => '11' });
my $json = JSON::PP->new->utf8;

sub bytes { my $text = shift; utf8::encode($text); $text }


# A person of two files and a conversation, one who shares their phone and is
# somebody else, and one to be erased: for each language.
sub people
{
    my ($n) = @_;
    my $phone = "1197000000$n";

    $t->import_file("crm-$n.csv", bytes(
        "phoneNumber,name,email,taxDocument,plano\n"
        . "$phone,Ana Lima $n,ana$n\@example.com,,Ouro\n"
        . ",Bia Reis $n,bia$n\@example.com,52998224725,Prata\n"
        . "1196000000$n,Zeca Souza $n,,,Bronze\n"));
    $t->import_file("loja-$n.csv", bytes(
        "phoneNumber,name,loja\n$phone,Ana L. $n,Centro\n"));

    my $r = $t->post('/v1/conversations', $json->encode({
        id => "c-$n", phone => $phone, channel => 'WhatsApp', messages => [
            { at => '2026-11-01T12:00:00Z', from => 'customer',
              text => 'Quero comprar, mas achei caro demais' },
            { at => '2026-11-01T12:01:00Z', from => 'agent',
              text => 'Posso ajudar com um desconto?' } ] }) . "\n",
        type => 'application/x-ndjson');

    $t->wait_import($r->{json}{id});
    $t->post('/v1/audiences', { name => "Clientes do plano Ouro $n",
        filter => { field => 'email', op => 'equals', value => "ana$n\@example.com" } });
    $t->wait_visible;
    return { phone => $phone };
}

tell_stories($t, 'people', people => \&people);
$t->finish;
