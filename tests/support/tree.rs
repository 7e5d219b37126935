//! A certificate as a tree of DER elements, to be altered in one place and written again. Nothing is signed anew.

/// One element.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    Leaf(u8, Vec<u8>),
    Branch(u8, Vec<Node>),
}

/// A certificate.
#[derive(Clone, Debug)]
pub(crate) struct Tree(Node);

impl Node {
    fn all(mut bytes: &[u8]) -> Option<Vec<Self>> {
        let mut nodes = Vec::new();
        while !bytes.is_empty() {
            let (tag, first) = (*bytes.first()?, *bytes.get(1)?);
            let (length, header) = match first {
                0..0x80 => (usize::from(first), 2),
                _ => {
                    let count = usize::from(first & 0x7F);
                    let octets = bytes.get(2..2 + count)?;
                    (octets.iter().fold(0, |n, octet| n << 8 | usize::from(*octet)), 2 + count)
                }
            };
            let content = bytes.get(header..header + length)?;
            nodes.push(match tag & 0x20 {
                0 => Self::Leaf(tag, content.to_vec()),
                _ => Self::Branch(tag, Self::all(content)?),
            });
            bytes = &bytes[header + length..];
        }
        Some(nodes)
    }

    fn encode(&self) -> Vec<u8> {
        let (tag, content) = match self {
            Self::Leaf(tag, content) => (*tag, content.clone()),
            Self::Branch(tag, nodes) => (*tag, nodes.iter().flat_map(Self::encode).collect()),
        };
        let length = content.len();
        let mut encoded = vec![tag];
        match length {
            0..0x80 => encoded.push(u8::try_from(length).expect("short")),
            0x80..0x100 => encoded.extend([0x81, u8::try_from(length).expect("one octet")]),
            _ => {
                encoded.push(0x82);
                encoded.extend(u16::try_from(length).expect("two octets").to_be_bytes());
            }
        }
        encoded.extend(content);
        encoded
    }

    fn children(&mut self) -> &mut Vec<Self> {
        match self {
            Self::Branch(_, nodes) => nodes,
            Self::Leaf(..) => panic!("no children: {self:?}"),
        }
    }

    fn is_oid(&self, oid: &[u8]) -> bool {
        matches!(self, Self::Leaf(6, content) if content == oid)
    }

    /// Changes the content of every leaf, those inside OCTET STRINGs too.
    fn each_leaf(&mut self, change: &dyn Fn(u8, &[u8]) -> Vec<u8>) {
        match self {
            Self::Branch(_, nodes) => nodes.iter_mut().for_each(|node| node.each_leaf(change)),
            Self::Leaf(4, content) => {
                if let Some(mut nodes) = Self::all(content)
                    && matches!(nodes[..], [Self::Branch(..)])
                {
                    nodes[0].each_leaf(change);
                    *content = nodes[0].encode();
                }
            }
            Self::Leaf(tag, content) => *content = change(*tag, content),
        }
    }
}

impl Tree {
    pub(crate) fn parse(der: &[u8]) -> Self {
        Self(Node::all(der).expect("DER").remove(0))
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        self.0.encode()
    }

    /// The fields of the TBSCertificate: version, serial, algorithm, issuer, validity, subject, key, extensions.
    fn field(&mut self, index: usize) -> &mut Node {
        &mut self.0.children()[0].children()[index]
    }

    fn extensions(&mut self) -> &mut Vec<Node> {
        self.field(7).children()[0].children()
    }

    fn extension(&mut self, oid: &[u8]) -> &mut Vec<Node> {
        let mut all = self.extensions().iter_mut();
        all.find_map(|node| {
            let fields = node.children();
            fields[0].is_oid(oid).then_some(fields)
        })
        .unwrap_or_else(|| panic!("no extension {oid:02x?}"))
    }

    pub(crate) fn set_extension(&mut self, oid: &[u8], value: &[u8]) {
        *self.extension(oid).last_mut().expect("fields") = Node::Leaf(4, value.to_vec());
    }

    pub(crate) fn add_extension(&mut self, oid: &[u8], value: &[u8]) {
        let fields = vec![Node::Leaf(6, oid.to_vec()), Node::Leaf(4, value.to_vec())];
        self.extensions().push(Node::Branch(0x30, fields));
    }

    pub(crate) fn remove_extension(&mut self, oid: &[u8]) {
        self.extensions().retain_mut(|node| !node.children()[0].is_oid(oid));
    }

    pub(crate) fn set_critical(&mut self, oid: &[u8], critical: bool) {
        let fields = self.extension(oid);
        fields.retain(|field| !matches!(field, Node::Leaf(1, _)));
        if critical {
            fields.insert(1, Node::Leaf(1, vec![0xFF]));
        }
    }

    /// Replaces a text inside the strings of an extension.
    pub(crate) fn replace(&mut self, oid: &[u8], from: &[u8], to: &[u8]) {
        let value = self.extension(oid).last_mut().expect("fields");
        let Node::Leaf(4, content) = value else { panic!("no OCTET STRING") };
        let mut nodes = Node::all(content).expect("DER");
        nodes[0].each_leaf(&|_, content| replaced(content, from, to));
        *content = nodes[0].encode();
    }

    pub(crate) fn set_version(&mut self, version: u8) {
        self.field(0).children()[0] = Node::Leaf(2, vec![version]);
    }

    pub(crate) fn set_serial(&mut self, content: &[u8]) {
        *self.field(1) = Node::Leaf(2, content.to_vec());
    }

    pub(crate) fn set_not_after(&mut self, date: &[u8]) {
        self.field(4).children()[1] = Node::Leaf(0x17, date.to_vec());
    }

    /// Sets the one value of a relative name.
    pub(crate) fn set_subject(&mut self, rdn: usize, tag: u8, value: &[u8]) {
        let attribute = &mut self.field(5).children()[rdn].children()[0];
        attribute.children()[1] = Node::Leaf(tag, value.to_vec());
    }

    pub(crate) fn swap_subject(&mut self, one: usize, other: usize) {
        self.field(5).children().swap(one, other);
    }

    /// Puts the attributes of the last relative name in another order.
    pub(crate) fn swap_person(&mut self) {
        self.field(5).children().last_mut().expect("a person").children().reverse();
    }

    pub(crate) fn replace_subject(&mut self, from: &[u8], to: &[u8]) {
        self.field(5).each_leaf(&|_, content| replaced(content, from, to));
    }
}

/// extKeyUsage of purposes of id-kp.
pub(crate) fn purposes(last: &[u8]) -> Vec<u8> {
    let purpose = |last| Node::Leaf(6, vec![0x2B, 6, 1, 5, 5, 7, 3, last]);
    Node::Branch(0x30, last.iter().copied().map(purpose).collect()).encode()
}

/// A certificate of the emulation under the names, addresses and policies of IGC-Santé.
pub(crate) fn genuine(der: &[u8]) -> Vec<u8> {
    let mut tree = Tree::parse(der);
    let fields = [3, 5].map(|index| tree.field(index).clone());
    tree.0.each_leaf(&|tag, content| {
        let mut text = content.to_vec();
        if tag == 6 {
            // The arc of examples.
            let examples = [0x2B, 6, 1, 4, 1, 0x81, 0xFD, 0x59, 7];
            return replaced(&text, &examples, &[0x2A, 0x81, 0x7A, 1, 0x81, 0x55, 1, 7]);
        }
        for (from, to) in [
            ("http://igc.emulation.invalid/OCSP", "http://ocsp.esante.gouv.fr"),
            ("http://igc.emulation.invalid", "http://igc-sante.esante.gouv.fr"),
            ("ldap://igc.emulation.invalid", "ldap://annuaire-igc.esante.gouv.fr"),
            ("carte-cps.emulation.invalid", "carte-cps.fr"),
            ("EMULATION%20TEST%20AC%20RACINE", "TEST%20AC%20RACINE%20IGC-SANTE"),
            ("EMULATION%20TEST%20AC", "TEST%20AC%20IGC-SANTE"),
            ("EMULATION%20AC%20RACINE", "AC%20RACINE%20IGC-SANTE"),
            ("EMULATION%20AC", "AC%20IGC-SANTE"),
            ("EMULATION%20SANS%20VALEUR", "IGC-SANTE"),
            ("o=CPSKIT", "ou=0002%20187512751,o=ASIP-SANTE"),
        ] {
            text = replaced(&text, from.as_bytes(), to.as_bytes());
        }
        text
    });
    for (index, name) in [3, 5].into_iter().zip(fields) {
        *tree.field(index) = authority(name);
    }
    tree.encode()
}

/// The name of an authority of the emulation as IGC-Santé writes it; another name as it is.
fn authority(mut name: Node) -> Node {
    let encoded = name.encode();
    let has = |text: &str| encoded.windows(text.len()).any(|window| window == text.as_bytes());
    if !has("EMULATION SANS VALEUR") {
        return name;
    }
    name.each_leaf(&|_, content| {
        let mut text = content.to_vec();
        for (from, to) in [
            ("EMULATION TEST AC RACINE", "TEST AC RACINE IGC-SANTE"),
            ("EMULATION TEST AC", "TEST AC IGC-SANTE"),
            ("EMULATION AC RACINE", "AC RACINE IGC-SANTE"),
            ("EMULATION AC", "AC IGC-SANTE"),
            ("EMULATION SANS VALEUR", "IGC-SANTE"),
            ("CPSKIT", "ASIP-SANTE"),
        ] {
            text = replaced(&text, from.as_bytes(), to.as_bytes());
        }
        text
    });
    let siren = Node::Branch(
        0x31,
        vec![Node::Branch(
            0x30,
            vec![Node::Leaf(6, vec![0x55, 4, 11]), Node::Leaf(0x0C, b"0002 187512751".to_vec())],
        )],
    );
    name.children().insert(2, siren);
    name
}

fn replaced(content: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut found = Vec::new();
    let mut rest = content;
    while let Some(place) = rest.windows(from.len()).position(|window| window == from) {
        found.extend(&rest[..place]);
        found.extend(to);
        rest = &rest[place + from.len()..];
    }
    found.extend(rest);
    found
}
