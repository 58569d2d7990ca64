# The filter builder's fields and values.

use lib 't/lib';
use Audience::Browser 'tell_stories';
use Audience::Test;

my $t = Audience::Test->start;

$t->import_file('clientes.csv', $t->read_file('conf/sample.csv'));


# Somebody of the sample wrote, bought and got an e-mail: fields of every kind.
sub noted
{
    my ($path, $line) = @_;
    my $r = $t->post($path, "$line\n", type => 'application/x-ndjson');

    $t->wait_import($r->{json}{id});
}

noted('/v1/extras', '{"phone": "+5571900000001", "extras": {"loja": "Centro"}}');
noted('/v1/campaigns/events', '{"id": "e-1", "campaign": "Natal",'
      . ' "phone": "+5571900000001", "status": "read", "at": "2026-11-01T12:00:00Z"}');
noted('/v1/conversations', '{"id": "c-1", "phone": "+5571900000001", "messages":'
      . ' [{"at": "2026-11-01T12:00:00Z", "from": "customer", "text": "Quero comprar"}]}');
$t->wait_visible;


# More people than a thousand, with halves and days.
$t->import_file('muitos.csv', join('', "phoneNumber,nota,cadastro,grupo\n",
    map { sprintf "+55119%08d,%.2f,2025-%02d-%02d,%s\n", $_, $_ % 60 / 4,
          1 + $_ % 12, 1 + $_ % 28, $_ % 5 ? 'muitos' : 'poucos' } 1 .. 12_345),
    tenant => 'large');

tell_stories($t, 'build_values');

$t->finish;
