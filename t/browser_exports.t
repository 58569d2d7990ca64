# Pages: from an audience to the file that comes out, on the page and by e-mail.

use lib 't/lib';
use Audience::Browser 'tell_stories';
use Audience::Exim;
use Audience::Test;
use utf8;

my $t = Audience::Test->start(worker => { 'worker.job_max_attempts' => 1 });


# Three whom messages can reach, one without a phone and one who has said no
# since; for each language.
for my $language (qw(pt-br en es)) {
    my %who = (tenant => $language, user => 'bia@example.com');

    $t->import_file('crm.csv', "phoneNumber,email,name\n"
        . "11987654321,ana\@x.com,Ana\n11987654322,bia\@x.com,Bia\n"
        . "11987654323,caio\@x.com,Caio\n,davi\@x.com,Davi\n"
        . "11987654325,eva\@x.com,Eva\n", %who);
    $t->import_file('no.csv', "phoneNumber,Opt-in\n11987654325,nao\n", %who);

    for my $name ('Todos', 'De saída') {
        my $r = $t->post('/v1/audiences',
                         { name => $name, filter => { all => [] } }, %who);

        die $r->{text} if $r->{status} != 201;
    }
}

my $exim;

tell_stories($t, 'exports',
    with_mail => sub {
        $exim = Audience::Exim->start;
        $t->restart_worker($exim->settings);
        1;
    },
    mail_to => sub {
        my ($address) = @_;
        my $mail = $t->wait_for("an e-mail to $address", sub {
            (grep { $_->{to} =~ /\Q$address\E/ } $exim->messages)[0] });

        return { %$mail, link => $mail->link };
    },
    break_exports => sub {
        rename "$t->{root}/exports", "$t->{root}/exports.away" or die $!;
        $t->write_file('data/exports', '');
        1;
    },
    mend_exports => sub {
        unlink "$t->{root}/exports";
        rename "$t->{root}/exports.away", "$t->{root}/exports" or die $!;
    });

$exim->stop;
$t->finish;
