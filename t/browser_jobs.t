# Jobs, as people meet them: one that failed is tried again, one that waits is
# cancelled.

use lib 't/lib';
use Audience::Browser 'tell_stories';
use Audience::Test;

# A mail server that is not there.
my $t = Audience::Test->start;
my %no_mail = ('mail.smtp_host' => '127.0.0.1', 'mail.smtp_tls' => 'none',
               'mail.smtp_port' => $t->free_port,
               'worker.job_max_attempts' => 1);


sub wait_mail
{
    my ($state) = @_;

    $t->wait_for("an e-mail that is $state", sub {
        @{ $t->get("/v1/jobs?type=mail&state=$state")->{json}{items} } });
}


tell_stories($t, 'jobs',
    mail_fails => sub {
        $t->restart_worker(%no_mail);
        $t->import_file('sem-correio.csv', "phoneNumber\n+5511900000001\n");
        wait_mail('dead');
    },
    mail_works => sub { $t->restart_worker('mail.smtp_host' => '',
                                           'worker.job_max_attempts' => 5) },
    mail_waits => sub {
        $t->restart_worker(%no_mail, 'worker.job_max_attempts' => 5,
                           'worker.retry_base_ms' => 600_000);
        $t->import_file('com-calma.csv', "phoneNumber\n+5511900000002\n");
        wait_mail('scheduled');
    },
    upload => sub { $t->upload('parado.csv', "phoneNumber\n+5511900000003\n")
                      ->{json}{id} },
);

$t->finish;
