# A person uploads a file through the page, in Debian's Chromium: with the
# page's script, and by the plain HTML form without it.

use utf8;

use lib 't/lib';
use Audience::Node 'run_node';
use Audience::Test;

use JSON::PP 'decode_json';

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

my $t = Audience::Test->start;
my $good = $t->write_file('contatos.csv',
    "phoneNumber,name,Opt-in\n+5511900000001,Ana,sim\n"
    . "+5511900000002,Bia,nao\ntelefone,Caio,sim\n");
my $bad = $t->write_file('errado.csv', "telefone,name\n11900000001,Ana\n");


sub upload
{
    my ($output, $status) = run_node('t/browser', 'upload.mjs', $t->url . '/', @_);

    is($status, 0, 'the browser ends well') or diag($output);
    return decode_json($output);
}


subtest 'the page tells what became of a file' => sub {
    my $old = $t->import_file('velho.csv', "phoneNumber\n+5511900000003\n12\n");

    $t->delete("/v1/imports/$old->{id}");
    $t->wait_state("/v1/imports/$old->{id}", qr/^undone$/);

    my $page = upload($good);

    is($page->{status}, 202, 'accepted');
    is($page->{language}, 'pt-BR', "in the browser's language");
    like($page->{seen}, qr/contatos\.csv foi importado/, 'finished');
    like($page->{seen}, qr/1 importadas, 1 sem opt-in, 1 rejeitadas/, 'counts');
    like($page->{list}, qr/contatos\.csv\s.*Concluída/, 'it stands in the list');
    like($page->{list}, qr/velho\.csv\s.*Desfeita/, 'as does one that was undone');
    is($page->{errorLinks}, 1, 'of which no rejected rows are kept');
    is($page->{english}, 'Import contacts', 'the language can be changed');
    like($page->{lists}{en}, qr/velho\.csv\s.*Undone/, '… in the list, too');
    like($page->{lists}{es}, qr/velho\.csv\s.*Deshecha/, '… to any of the three');
    is_deeply($page->{complaints}, [], 'nothing on the console');
};

subtest 'a file without phoneNumber is refused with its reason' => sub {
    my $page = upload($bad);

    is($page->{status}, 422, 'refused');
    like($page->{seen}, qr/phoneNumber/, 'the missing column is named');
    is_deeply([ grep { !/status of 422/ } @{ $page->{complaints} } ], [],
              'nothing else on the console');
};

subtest 'the form works without JavaScript' => sub {
    my $page = upload($good, '--plain');

    is($page->{status}, 202, 'accepted');
    like($page->{seen}, qr/"id": ?"imp_/, 'the answer is shown');
    is_deeply($page->{complaints}, [], 'nothing on the console');

    my ($id) = $page->{seen} =~ /"id": ?"(imp_\w+)"/;
    is($t->wait_import($id)->{rows}{imported}, 1, 'and the row goes in');
};

$t->finish;
