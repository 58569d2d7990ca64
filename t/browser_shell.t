# The frame of the pages, and how nginx serves them.

use lib 't/lib';
use Audience::Browser 'tell_stories';
use Audience::Test;

my $t = Audience::Test->start;

subtest 'how the pages are served' => sub {
    my $page = $t->get('/audiences/aud_1');

    is($page->{status}, 200, 'every address is the document');
    like($page->{headers}{'cache-control'}, qr/no-cache/, '… asked for anew');
    like($page->{headers}{'content-security-policy'},
         qr/^default-src 'none'; script-src 'self';.*trusted-types 'none'$/,
         '… under a strict policy');
    unlike($page->{text}, qr/<script>|style=|\son\w+=/, '… with nothing inline');

    for my $name ($page->{text} =~ m{"(/assets/[^"]+)"}g) {
        my $asset = $t->get($name, headers => { 'Accept-Encoding' => 'gzip' });

        is($asset->{status}, 200, "$name is there");
        is($asset->{headers}{'content-encoding'}, 'gzip', '… packed');
        like($asset->{headers}{'cache-control'}, qr/immutable/, '… for ever');
    }
    is($t->get('/assets/none.js')->{status}, 404, 'other names are not');
};

subtest "another site's page changes nothing" => sub {
    my $form = sub { $t->upload('x.csv', "phoneNumber\n+5511900000001\n",
        multipart => 1, headers => { 'Sec-Fetch-Site' => $_[0] })->{status} };

    is($form->('cross-site'), 403, 'a form elsewhere is refused');
    is($form->('same-origin'), 202, 'one of ours is not');
    is($t->get('/v1/imports', headers => { 'Sec-Fetch-Site' => 'cross-site' })
         ->{status}, 200, 'nor is a link, such as those of e-mails');
};

tell_stories($t, 'shell');

$t->finish;
