# Pages: people, as those meet them who look for one.

use lib 't/lib';
use Audience::Browser 'tell_stories';
use Audience::Test;
use JSON::PP ();

my $t = Audience::Test->start(worker => { 'import.area_code' => '11' });
my $json = JSON::PP->new->utf8;


# Ana, of two files, a conversation and a campaign, Bia, and Caio, who has said
# no since: for each language.
sub people
{
    my (%who) = @_;

    $t->import_file('crm.csv', "phoneNumber,name,email,taxDocument,plano\n"
        . "11970000001,Ana Lima,ana\@x.com,,Ouro\n"
        . ",Bia Reis,bia\@x.com,52998224725,Prata\n"
        . "11970000003,Caio Melo,,11222333000181,\n", %who);
    $t->import_file('loja.csv',
        "phoneNumber,name,loja\n11970000001,Ana L.,Centro\n", %who);
    $t->import_file('no.csv', "phoneNumber,Opt-in\n11970000003,nao\n", %who);

    lines('/v1/conversations', { id => 'c-1', phone => '11970000001',
        channel => 'WhatsApp', messages => [
            { at => '2026-11-01T12:00:00Z', from => 'customer',
              text => 'Quero comprar, mas achei caro demais' },
            { at => '2026-11-01T12:01:00Z', from => 'agent',
              text => 'Posso ajudar com um desconto?' } ] }, %who);
    lines('/v1/campaigns/events', { id => 'e-1', campaign => 'Black Friday',
        phone => '11970000001', status => 'read',
        at => '2026-11-02T12:00:00Z' }, %who);

    my $r = $t->post('/v1/audiences', { name => 'Clientes do plano Ouro',
        filter => { field => 'email', op => 'equals', value => 'ana@x.com' } },
        %who);
    die $r->{text} if $r->{status} != 201;
}


sub lines
{
    my ($path, $line, %who) = @_;
    my $r = $t->post($path, $json->encode($line) . "\n",
                     type => 'application/x-ndjson', %who);

    die $r->{text} if $r->{status} != 202;
    $t->wait_import($r->{json}{id}, %who);
    $t->wait_visible(%who);
}


people(tenant => $_) for qw(pt-br en es);
tell_stories($t, 'people');

$t->finish;
