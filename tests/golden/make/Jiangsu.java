// Three records of Jiangsu, by the JDK's StAX writer and its GB18030 charset: java Jiangsu.java

import java.io.IOException;
import java.io.OutputStreamWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

public final class Jiangsu {
    private static final String[][] PLAIN = {
        {"GMSFHM", "440524188001010014"}, {"XM", "张伟"}, {"CYM", "张伟伟"}, {"XB", "1"}, {"MZ", "01"},
        {"CSRQ", "18800101"}, {"CSDXZQH", "440524"}, {"JGXZQH", "320102"}, {"HYZK", "2"}, {"WHCD", "20"},
        {"ZYLB", "20800"}, {"FWCS", "南京市示例中学"}, {"HH", "320000000001"}, {"HLX", "1"}, {"YHZGX", "02"},
        {"HZGMSFHM", "440524188001010014"}, {"ZZXZQH", "320102"}, {"ZZXZ", "江苏省南京市玄武区示例路1号"},
        {"LXDH", "12000000002"},
    };
    private static final String[][] RARE = {
        {"GMSFHM", "34052419800101001X"}, {"XM", "\uD842\uDFB7㛃·买买提"}, {"CYM", "镕\u9FB4\u1E3F\uE5E6"}, {"XB", "9"},
        {"HYZK", "21"}, {"ZZXZ", "A<B> & \"C\" 'D'\n第二行\t\uD83D\uDE00"},
        {"ZZMM", "13"}, {"XX", ""},
        {"QTXX", "310000/juzhuzhengHaoma", "SH0001"}, {"QTXX", "", "\uD869\uDEA5"},
    };

    public static void main(String[] args) throws IOException, XMLStreamException {
        write("../jiangsu-plain.xml", PLAIN, true);
        write("../jiangsu-rare.xml", RARE, true);
        write("../jiangsu-rare-references.xml", RARE, false);
    }

    private static void write(String file, String[][] items, boolean bytes) throws IOException, XMLStreamException {
        try (var out = new OutputStreamWriter(Files.newOutputStream(Path.of(file)), "GB18030")) {
            XMLOutputFactory factory = XMLOutputFactory.newInstance();
            // Left alone the JDK writes characters beyond U+FFFF as references, although the charset has them.
            factory.setProperty("escapeCharacters", !bytes);
            XMLStreamWriter xml = factory.createXMLStreamWriter(out);
            xml.writeStartDocument("GB18030", "1.0");
            xml.writeCharacters("\n");
            xml.writeStartElement("CZRK");
            for (String[] item : items) {
                xml.writeCharacters("\n  ");
                xml.writeStartElement(item[0]);
                if (item.length == 2) {
                    xml.writeCharacters(bytes ? escape(item[1]) : item[1]);
                } else {
                    leaf(xml, "MC", item[1]);
                    leaf(xml, "NR", item[2]);
                }
                xml.writeEndElement();
            }
            xml.writeCharacters("\n");
            xml.writeEndElement();
            xml.writeCharacters("\n");
            xml.flush();
        }
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }

    private static void leaf(XMLStreamWriter xml, String name, String text) throws XMLStreamException {
        xml.writeStartElement(name);
        xml.writeCharacters(text);
        xml.writeEndElement();
    }
}
